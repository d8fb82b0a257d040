using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nearfar.Data.Endpoints;

/// <summary>Answers of a service on disk, a JSON line each, so that no question is asked twice. Added from many threads; one process at a time holds a file.</summary>
internal sealed class AnswerFile : IDisposable
{
    private readonly FileStream _file;
    private readonly Dictionary<string, Answer> _answers = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    private AnswerFile(FileStream file) => _file = file;

    /// <param name="path">Made when it is not there.</param>
    /// <param name="fresh">Throws away what it holds.</param>
    /// <exception cref="NearfarException">Another process has it open, or a line is no answer.</exception>
    public static AnswerFile Open(string path, bool fresh)
    {
        FileStream file;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            file = new FileStream(path, fresh ? FileMode.Create : FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);       // Unix keeps a second writer out for None alone
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NearfarException(path, 0, $"the kept answers cannot be opened: {e.Message} One process at a time uses them, and the file must be writable.", e);
        }

        try
        {
            var answers = new AnswerFile(file);
            answers.ReadAll(path);
            return answers;
        }
        catch       // whatever it was goes on to the caller; the file would stay locked
        {
            file.Dispose();
            throw;
        }
    }

    public Answer? Find(string key) => _answers.GetValueOrDefault(key);

    /// <summary>Appends an answer and hands it to the system: a killed process loses none that was added.</summary>
    public void Add(string key, string question, Answer answer)
    {
        byte[] line = JsonSerializer.SerializeToUtf8Bytes(new KeptAnswer(key, question, answer.Ids, answer.Scores, answer.Milliseconds), AnswerJson.Default.KeptAnswer);
        lock (_lock)
        {
            _file.Write([.. line, (byte)'\n']);
            _file.Flush();
        }
    }

    public void Dispose() => _file.Dispose();

    private void ReadAll(string path)
    {
        byte[] bytes = new byte[_file.Length];
        _file.ReadExactly(bytes);
        int start = 0;
        for (long line = 1; bytes.AsSpan(start).IndexOf((byte)'\n') is var length and >= 0; line++, start += length + 1)
        {
            try
            {
                var row = JsonSerializer.Deserialize(bytes.AsSpan(start, length), AnswerJson.Default.KeptAnswer) ?? throw new JsonException("null");
                _answers[row.Key] = new Answer(row.Ids, row.Scores, row.Milliseconds);      // the newest of one key
            }
            catch (JsonException e)
            {
                throw new NearfarException(path, line, "is no kept answer. Ask anew with --fresh, or delete the file.", e);
            }
        }

        _file.SetLength(start);         // a killed process may have left half a line
        _file.Position = start;
    }
}

/// <summary>A line of the file. The question's text is not in it: the gate's stay in the gate set.</summary>
internal sealed record KeptAnswer(string Key, string QuestionId, IReadOnlyList<string> Ids, IReadOnlyList<double>? Scores = null, double? Milliseconds = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(KeptAnswer))]
internal sealed partial class AnswerJson : JsonSerializerContext;
