using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.VectorData;
using Microsoft.Extensions.VectorData.ProviderServices;
using Nearfar.Vectors;

namespace Nearfar.VectorData;

/// <summary>
/// Nearfar's search as a <see cref="VectorStore"/> of Microsoft.Extensions.VectorData: exact, filtered before the scan, hybrid with BM25;
/// in memory, or kept in a folder.
/// </summary>
/// <remarks>
/// Keys: string, Guid, int, long. Distances: cosine similarity (default) and dot product; others are refused by name. Vectors of two spaces are
/// never compared: a collection remembers the space of its vectors. A zero vector (a text without any known token) is found by no search.
/// Equal scores are ordered by key, descending in UTF-8 bytes. Collections also implement <see cref="IKeywordHybridSearchable{TRecord}"/>.
/// Thread-safe.
/// </remarks>
public sealed class NearfarVectorStore : VectorStore
{
    private const int LongestName = 200;
    private readonly NearfarVectorStoreOptions _options;
    private readonly string? _folder;
    private readonly FileStream? _lock;
    private readonly Lock _changing = new();
    private readonly SortedDictionary<string, StoredCollection> _collections = new(StringComparer.Ordinal);
    private bool _disposed;

    /// <summary>A store in memory; what it holds goes with it.</summary>
    /// <param name="options">Null: no generator, unnamed vectors.</param>
    public NearfarVectorStore(NearfarVectorStoreOptions? options = null) => _options = options ?? new NearfarVectorStoreOptions();

    private NearfarVectorStore(string folder, FileStream heldLock, NearfarVectorStoreOptions options)
    {
        (_folder, _lock, _options) = (folder, heldLock, options with { Name = options.Name ?? folder });
        foreach (string path in Directory.EnumerateDirectories(folder).Where(p => File.Exists(Path.Combine(p, CollectionManifest.FileName))))
        {
            var (files, records) = CollectionFolder.Open(path);
            var manifest = files.Manifest;
            if (path != FolderOf(manifest.Name))
            {
                throw new NearfarException(Path.Combine(path, CollectionManifest.FileName), 0, $"is of the collection \"{manifest.Name}\", whose folder is {FolderOf(manifest.Name)}. Move it there.");
            }

            _collections.Add(manifest.Name, new StoredCollection(manifest.Name, manifest.Schema, manifest.Spaces, records, files));
        }
    }

    /// <summary>Opens the store of a folder, or begins one there.</summary>
    /// <param name="folder">Made when absent. One store at a time may have it open.</param>
    /// <param name="options">Null: no generator, unnamed vectors.</param>
    /// <remarks>Every write is on disk, flushed, when its task ends; of one that a crash cut off nothing is seen. Records and vectors are read into memory.</remarks>
    /// <exception cref="VectorStoreException">Open elsewhere, or broken files; the message names file and line.</exception>
    public static NearfarVectorStore Open(string folder, NearfarVectorStoreOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        options ??= new NearfarVectorStoreOptions();
        return StoreOperation.Run(options.Name ?? folder, null, nameof(Open), () =>
        {
            Directory.CreateDirectory(folder);
            var held = Hold(folder);
            try
            {
                return new NearfarVectorStore(folder, held, options);
            }
            catch
            {
                held.Dispose();
                throw;
            }
        });
    }

    /// <inheritdoc />
    [RequiresDynamicCode("Record types are read by reflection. Use GetDynamicCollection where code is compiled ahead of time.")]
    [RequiresUnreferencedCode("Record types are read by reflection. Use GetDynamicCollection where code is trimmed.")]
    public override VectorStoreCollection<TKey, TRecord> GetCollection<TKey, TRecord>(string name, VectorStoreCollectionDefinition? definition = null)
    {
        CheckName(name);
        return typeof(TRecord) == typeof(Dictionary<string, object?>)
            ? throw new ArgumentException("Dictionary<string, object?> records are read through GetDynamicCollection.", nameof(TRecord))
            : new NearfarCollection<TKey, TRecord>(this, name, new RecordModelBuilder().Build(typeof(TRecord), typeof(TKey), definition, _options.EmbeddingGenerator), _options);
    }

    /// <inheritdoc />
    public override VectorStoreCollection<object, Dictionary<string, object?>> GetDynamicCollection(string name, VectorStoreCollectionDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        CheckName(name);
        var model = new RecordModelBuilder().BuildDynamic(definition, definition.EmbeddingGenerator ?? _options.EmbeddingGenerator);
        return new NearfarCollection<object, Dictionary<string, object?>>(this, name, model, _options);
    }

    /// <inheritdoc />
    public override async IAsyncEnumerable<string> ListCollectionNamesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (string name in await StoreOperation.RunAsync(_options.Name, null, "ListCollectionNames", Names, cancellationToken).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return name;
        }
    }

    /// <inheritdoc />
    public override Task<bool> CollectionExistsAsync(string name, CancellationToken cancellationToken = default) =>
        StoreOperation.RunAsync(_options.Name, name, "CollectionExists", () => Find(name) is not null, cancellationToken);

    /// <inheritdoc />
    public override Task EnsureCollectionDeletedAsync(string name, CancellationToken cancellationToken = default) =>
        StoreOperation.RunAsync(_options.Name, name, "EnsureCollectionDeleted", () => Delete(name), cancellationToken);

    /// <summary>The store itself, or its <see cref="VectorStoreMetadata"/>.</summary>
    /// <param name="serviceType">What is asked for.</param>
    /// <param name="serviceKey">Null; with a key there is nothing.</param>
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(VectorStoreMetadata) ? new VectorStoreMetadata { VectorStoreSystemName = StoreOperation.SystemName, VectorStoreName = _options.Name }
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    internal StoredCollection? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        lock (_changing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _collections.GetValueOrDefault(name);
        }
    }

    /// <summary>Makes the collection unless it is there.</summary>
    /// <exception cref="NearfarException">It is there with other columns.</exception>
    internal StoredCollection Ensure(string name, CollectionSchema schema, IReadOnlyList<EmbeddingSpace> spaces)
    {
        lock (_changing)
        {
            if (Find(name) is { } found)
            {
                return found;
            }

            var files = _folder is null ? null : CollectionFolder.Create(FolderOf(name), name, schema, spaces);
            var made = new StoredCollection(name, schema, spaces, new RecordTable(), files);
            _collections.Add(name, made);
            return made;
        }
    }

    internal bool Delete(string name)
    {
        lock (_changing)
        {
            if (Find(name) is not { } found)
            {
                return false;
            }

            found.End(delete: true);
            return _collections.Remove(name);
        }
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        lock (_changing)
        {
            if (disposing && !_disposed)
            {
                _disposed = true;
                foreach (var collection in _collections.Values)
                {
                    collection.End(delete: false);
                }

                _lock?.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private static FileStream Hold(string folder)
    {
        string path = Path.Combine(folder, ".lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new NearfarException(path, 0, $"is held: one store at a time may have the folder open. Dispose the other, or share it. {e.Message}", e);
        }
    }

    private static void CheckName(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (name.Length > LongestName)
        {
            throw new ArgumentException($"The name of the collection has {name.Length} characters; at most {LongestName}.", nameof(name));
        }
    }

    private string[] Names()
    {
        lock (_changing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return [.. _collections.Keys];
        }
    }

    // Small letters, digits, - and _ stand; all else is %XX, so that no name leaves the folder and none meets another where capitals do not count.
    private string FolderOf(string name)
    {
        var path = new StringBuilder();
        foreach (byte b in System.Text.Encoding.UTF8.GetBytes(name))
        {
            _ = b is (>= (byte)'a' and <= (byte)'z') or (>= (byte)'0' and <= (byte)'9') or (byte)'-' or (byte)'_' ? path.Append((char)b) : path.Append('%').Append(b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return Path.Combine(_folder!, path.ToString());
    }
}
