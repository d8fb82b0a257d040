using System.Buffers;
using System.IO.MemoryMappedFiles;

namespace Nearfar.Vectors;

/// <summary>Part of a memory-mapped file as memory: pages are read when they are touched, nothing is copied. Read-only: a write faults.</summary>
/// <remarks>A pin keeps the mapping; after disposal access throws. Thread-safe.</remarks>
internal sealed unsafe class MappedMemory<T> : MemoryManager<T> where T : unmanaged
{
    private readonly MemoryMappedViewAccessor _view;
    private readonly long _start;
    private readonly int _length;

    /// <param name="file">Stays the caller's.</param>
    /// <param name="start">First byte in the file.</param>
    /// <param name="length">Values.</param>
    public MappedMemory(MemoryMappedFile file, long start, int length)
    {
        _view = file.CreateViewAccessor(start, Math.Max(1, (long)length * sizeof(T)), MemoryMappedFileAccess.Read);
        _start = _view.PointerOffset;
        _length = length;
    }

    public override Span<T> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_view.SafeMemoryMappedViewHandle.IsClosed, this);
        return new Span<T>((byte*)_view.SafeMemoryMappedViewHandle.DangerousGetHandle() + _start, _length);
    }

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        byte* pointer = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        return new MemoryHandle((T*)(pointer + _start) + elementIndex, default, this);
    }

    public override void Unpin() => _view.SafeMemoryMappedViewHandle.ReleasePointer();

    public override Memory<T> Memory => CreateMemory(_length);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _view.Dispose();
        }
    }
}
