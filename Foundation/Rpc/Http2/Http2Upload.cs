using System.IO.Pipelines;

namespace OrleansFlow.Rpc.Http2;

/// <summary>One call of an upload's connection: what has come of its response, and how each direction has ended. Thread-safe.</summary>
#pragma warning disable CA1001 // A source of tokens without a timer holds nothing, and either direction may end last.
internal sealed class Http2Upload(int streamId, long window, Action returned)
#pragma warning restore CA1001
{
    private readonly Lock _gate = new();
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly CancellationTokenSource _stopped = new();
    private readonly TaskCompletionSource<IReadOnlyList<(string Name, string Value)>> _headers =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _sides = 2;
    private bool _receivedEnd;
    private Exception? _failure;

    public int StreamId { get; } = streamId;

    /// <summary>Bytes that the server takes. Guarded by the connection.</summary>
    public long Window { get; set; } = window;

    /// <summary>Whether the end of the request is under way. Guarded by the connection.</summary>
    public bool SendsEnd { get; set; }

    /// <summary>Whether the request has gone out to its end.</summary>
    public bool SentEnd { get; set; }

    /// <summary>Bytes received that nobody has read. Guarded by the connection.</summary>
    public long UnreadBytes { get; set; }

    /// <summary>Fires when nothing of the request is wanted any more.</summary>
    public CancellationToken Stopped => _stopped.Token;

    public Task<IReadOnlyList<(string Name, string Value)>> Headers => _headers.Task;

    public PipeReader Body => _pipe.Reader;

    public IReadOnlyList<(string Name, string Value)> Trailers { get; private set; } = [];

    /// <summary>Whether both directions have ended well.</summary>
    public bool IsComplete
    {
        get
        {
            lock (_gate)
            {
                return _receivedEnd && SentEnd && _failure is null;
            }
        }
    }

    /// <summary>Whether the response has come to its end.</summary>
    public bool ReceivedEnd
    {
        get
        {
            lock (_gate)
            {
                return _receivedEnd;
            }
        }
    }

    public void ThrowIfOver()
    {
        lock (_gate)
        {
            if (_failure is not null || _receivedEnd)
            {
                throw _failure ?? new Http2EndedException();
            }
        }
    }

    /// <summary>Takes bytes of the response.</summary>
    public void Receive(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_receivedEnd || _failure is not null || bytes.IsEmpty)
            {
                return;
            }

            bytes.CopyTo(_pipe.Writer.GetSpan(bytes.Length));
            _pipe.Writer.Advance(bytes.Length);

            // Without a threshold it never waits.
            _ = _pipe.Writer.FlushAsync().AsTask();
        }
    }

    public void ReceiveHeaders(IReadOnlyList<(string Name, string Value)> headers) => _headers.TrySetResult(headers);

    /// <summary>Takes the end of the response.</summary>
    public void ReceiveEnd(IReadOnlyList<(string Name, string Value)> trailers)
    {
        lock (_gate)
        {
            if (_receivedEnd || _failure is not null)
            {
                return;
            }

            Trailers = trailers;
            _receivedEnd = true;
            _pipe.Writer.Complete();
        }

        _stopped.Cancel();
    }

    /// <summary>Ends what has not ended yet.</summary>
    public void Fail(Exception failure)
    {
        lock (_gate)
        {
            if (_receivedEnd || _failure is not null)
            {
                return;
            }

            _failure = failure;
            _pipe.Writer.Complete(failure);
        }

        _headers.TrySetException(failure);

        // Not everybody waits for the headers.
        _ = _headers.Task.Exception;
        _stopped.Cancel();
    }

    /// <summary>Says that the sender, or the reader, is done with the connection; the second of them gives it back.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _sides) == 0)
        {
            returned();
        }
    }
}
