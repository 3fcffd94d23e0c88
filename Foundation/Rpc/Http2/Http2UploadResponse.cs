using System.Buffers;

namespace OrleansFlow.Rpc.Http2;

/// <summary>The response of an upload. Disposed before its end, it resets the call.</summary>
internal sealed class Http2UploadResponse(Http2UploadConnection connection, Http2Upload call, HttpResponseMessage response)
    : Http2ResponseStream(response)
{
    private int _left;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        var result = await call.Body.ReadAsync(cancellationToken).ConfigureAwait(false);
        var available = result.Buffer;
        if (available.IsEmpty)
        {
            call.Body.AdvanceTo(available.End);
            AddTrailers(call.Trailers);

            Leave();
            return 0;
        }

        var taken = (int)Math.Min(available.Length, buffer.Length);
        available.Slice(0, taken).CopyTo(buffer.Span);
        call.Body.AdvanceTo(available.GetPosition(taken));
        connection.GiveCredit(call, taken);
        return taken;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Volatile.Read(ref _left) == 0)
        {
            connection.Abort(call, new ObjectDisposedException(nameof(Http2UploadResponse), "The response was disposed before its end."));
            Leave();
        }

        base.Dispose(disposing);
    }

    private void Leave()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
        {
            call.Leave();
        }
    }
}
