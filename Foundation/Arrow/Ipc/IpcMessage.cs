using System.Diagnostics.CodeAnalysis;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>
/// One message of the IPC format without framing: what Arrow Flight puts into <c>data_header</c> and <c>data_body</c>. The body
/// refers to the memory of the batch, so it is valid until the message is disposed.
/// </summary>
public sealed class IpcMessage : IDisposable
{
    private readonly ArrowBuffer[] _temporary;
    private readonly RecordBatch? _batch;
    private readonly ArrowArray? _dictionary;
    private int _disposed;

    internal IpcMessage(
        IpcMessageKind kind,
        byte[] metadata,
        IReadOnlyList<ReadOnlyMemory<byte>> body,
        long bodyLength,
        ArrowBuffer[] temporary,
        RecordBatch? batch,
        ArrowArray? dictionary)
    {
        Kind = kind;
        Metadata = metadata;
        Body = body;
        BodyLength = bodyLength;
        _temporary = temporary;
        _batch = batch;
        _dictionary = dictionary;
    }

    /// <summary>What the message holds.</summary>
    public IpcMessageKind Kind { get; }

    /// <summary>The FlatBuffers message; its length is a multiple of 8.</summary>
    public ReadOnlyMemory<byte> Metadata { get; }

    /// <summary>The body in order, padding included. Nothing was copied, except what a slice forced to shift.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Body { get; }

    /// <summary>Bytes of the body; a multiple of 8.</summary>
    public long BodyLength { get; }

    /// <summary>Lets go of the batch.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "No finalizer: see ArrowMemoryOwner.")]
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        foreach (var buffer in _temporary)
        {
            buffer.Release();
        }

        _batch?.Dispose();
        _dictionary?.Dispose();
    }
}
