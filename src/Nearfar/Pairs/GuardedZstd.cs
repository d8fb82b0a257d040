using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Nearfar.Pairs;

/// <summary>Zstd (RFC 8878): frames behind each other are one content, skippable ones are passed over.</summary>
/// <remarks>
/// A window is held in memory whole. 128 MiB are what the zstd command itself reads without being told; only <c>--long</c> above 27 asks for
/// more. A file cut between two frames reads as a shorter file: nothing in the format says how many there are.
/// </remarks>
internal sealed class GuardedZstd : GuardedStream
{
    private const int MaxWindowLog = 27;

    private readonly DecompressionStream _zstd;

    public GuardedZstd(FileStream file, int maxExpansion) : base(file, maxExpansion)
    {
        _zstd = new DecompressionStream(file);
        _zstd.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, MaxWindowLog);
    }

    protected override string Packing => "zstd";

    protected override string Unpacker => "zstd -d";

    protected override int Unpack(Span<byte> buffer)
    {
        try
        {
            return _zstd.Read(buffer);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException(Damaged, e);
        }
        catch (ZstdException e)
        {
            throw new InvalidDataException(Reason(e.Code), e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _zstd.Dispose();
        }

        base.Dispose(disposing);
    }

    private string Reason(ZSTD_ErrorCode code) => code switch
    {
        ZSTD_ErrorCode.ZSTD_error_frameParameter_windowTooLarge =>
            "the zstd stream needs more than 128 MiB of memory to be read. Compress it again without --long and --ultra, or decompress it with zstd -d --long=31 and name the plain file.",
        ZSTD_ErrorCode.ZSTD_error_dictionary_wrong =>
            "the zstd stream needs the dictionary that it was compressed with, which is not read. Decompress it with zstd -d -D DICTIONARY, or compress it without one.",
        _ => Damaged,
    };
}
