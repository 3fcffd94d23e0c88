namespace OrleansFlow.Rpc.Http2;

/// <summary>Where a request's body is written. Small pieces wait for the next flush or for a large piece, and share its frame.</summary>
internal sealed class Http2UploadBody(Http2UploadConnection connection, Http2Upload call) : Stream
{
    private readonly byte[] _pending = GC.AllocateUninitializedArray<byte>(RpcBodyWriter.GatheredBytesMax);
    private int _pendingBytes;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length <= _pending.Length - _pendingBytes)
        {
            buffer.CopyTo(_pending.AsMemory(_pendingBytes));
            _pendingBytes += buffer.Length;
            return;
        }

        await SendAsync(buffer, cancellationToken).ConfigureAwait(false);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        _pendingBytes == 0 ? Task.CompletedTask : SendAsync(default, cancellationToken);

    /// <summary>Sends what is left, and that it was the last.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        await connection.SendEndAsync(call, cancellationToken).ConfigureAwait(false);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    private Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var head = _pending.AsMemory(0, _pendingBytes);
        _pendingBytes = 0;
        return connection.SendDataAsync(call, head, bytes, cancellationToken);
    }
}
