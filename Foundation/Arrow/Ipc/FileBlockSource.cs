using System.IO.MemoryMappedFiles;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>Bytes of a file by position.</summary>
internal abstract class FileBlockSource : IDisposable
{
    public abstract long Length { get; }

    /// <summary>Bytes that the caller checked to be inside the file; the caller releases them.</summary>
    public abstract ArrowBuffer ReadBytes(long position, long length);

    public abstract ValueTask<ArrowBuffer> ReadBytesAsync(long position, long length, CancellationToken cancellationToken);

    public abstract void Dispose();

    public ArrowBuffer Read(IpcBlock block) => ReadBytes(block.Offset, block.MetadataLength + block.BodyLength);

    public ValueTask<ArrowBuffer> ReadAsync(IpcBlock block, CancellationToken cancellationToken) =>
        ReadBytesAsync(block.Offset, block.MetadataLength + block.BodyLength, cancellationToken);

    public static unsafe FileBlockSource Map(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var length = new FileInfo(path).Length;
        if (length == 0)
        {
            // An empty file cannot be mapped; the reader then says that it is too short.
            return new MemoryBlockSource(ArrowBuffer.Empty);
        }

        var owner = new MappedFileOwner(path);
        return new MemoryBlockSource(new ArrowBuffer(owner, owner.Pointer, length));
    }

    private sealed unsafe class MappedFileOwner : ArrowMemoryOwner
    {
        private readonly MemoryMappedFile _file;
        private readonly MemoryMappedViewAccessor _view;

        public MappedFileOwner(string path)
        {
            _file = MemoryMappedFile.CreateFromFile(
                new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 0), null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, false);
            try
            {
                _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
                byte* pointer = null;
                _view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
                Pointer = pointer + _view.PointerOffset;
            }
            catch
            {
                _file.Dispose();
                throw;
            }
        }

        public byte* Pointer { get; }

        protected override void Free()
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }
}

/// <summary>A file that is memory already.</summary>
internal sealed class MemoryBlockSource(ArrowBuffer memory) : FileBlockSource
{
    public override long Length => memory.Length;

    public override ArrowBuffer ReadBytes(long position, long length) => memory.Slice(position, length).Retain();

    public override ValueTask<ArrowBuffer> ReadBytesAsync(long position, long length, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(ReadBytes(position, length));
    }

    public override void Dispose() => memory.Release();
}

/// <summary>A file behind a seekable stream.</summary>
internal sealed class StreamBlockSource : FileBlockSource
{
    private readonly Stream _stream;
    private readonly bool _leaveOpen;
    private readonly IpcReadOptions _options;

    public StreamBlockSource(Stream stream, bool leaveOpen, IpcReadOptions options)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanSeek)
        {
            throw new ArgumentException("The file format needs a seekable stream; read it into memory or use the stream format.", nameof(stream));
        }

        _stream = stream;
        _leaveOpen = leaveOpen;
        _options = options;
    }

    public override long Length => _stream.Length;

    public override ArrowBuffer ReadBytes(long position, long length)
    {
        var buffer = _options.Allocator.Allocate(length);
        try
        {
            _stream.Position = position;
            Check(_stream.ReadAtLeast(buffer.WritableSpan, (int)length, false), length);
            return buffer;
        }
        catch
        {
            buffer.Release();
            throw;
        }
    }

    public override async ValueTask<ArrowBuffer> ReadBytesAsync(long position, long length, CancellationToken cancellationToken)
    {
        var buffer = _options.Allocator.Allocate(length);
        try
        {
            _stream.Position = position;
            Check(await _stream.ReadAtLeastAsync(new NativeMemoryView(buffer).Memory, (int)length, false, cancellationToken).ConfigureAwait(false), length);
            return buffer;
        }
        catch
        {
            buffer.Release();
            throw;
        }
    }

    public override void Dispose()
    {
        if (!_leaveOpen)
        {
            _stream.Dispose();
        }
    }

    private static void Check(int got, long expected)
    {
        if (got < expected)
        {
            throw new ArrowFormatException($"The file became shorter: {got} of {expected} bytes came.");
        }
    }
}
