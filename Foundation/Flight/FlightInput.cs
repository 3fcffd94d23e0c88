using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight;

/// <summary>Turns received messages into batches whose arrays point into the received bodies. Not thread-safe.</summary>
internal sealed class FlightInput : IAsyncDisposable
{
    private readonly RpcStatusCode _malformedCode;
    private readonly CancellationTokenSource _stop;
    private readonly IAsyncEnumerator<FlightData> _messages;
    private readonly IpcDecoder _decoder;
    private Protos.FlightDescriptor? _descriptor;
    private bool _firstRead;

    /// <summary>Reads a stream.</summary>
    /// <param name="messages">Begun with the first read.</param>
    /// <param name="options">Memory and limits.</param>
    /// <param name="malformedCode">Whose fault broken data is: the status of the failure.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    public FlightInput(
        IAsyncEnumerable<FlightData> messages, FlightOptions options, RpcStatusCode malformedCode, CancellationToken cancellationToken)
    {
        _malformedCode = malformedCode;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _messages = messages.GetAsyncEnumerator(_stop.Token);
        _decoder = new IpcDecoder(options.ToIpcOptions());
    }

    /// <summary>Which flight the stream is for.</summary>
    /// <exception cref="RpcException">The first message did not say, or is not read yet.</exception>
    public FlightDescriptor Descriptor => FlightDescriptor.FromWire(_descriptor);

    /// <summary>The schema of the batches; null until a message brought it.</summary>
    public ArrowSchema? Schema => _decoder.Schema;

    /// <summary>Reads the first message, once: descriptor, schema, or both.</summary>
    public async ValueTask ReadFirstAsync(bool schemaRequired, CancellationToken cancellationToken)
    {
        if (!_firstRead)
        {
            _firstRead = true;
            if (await MoveNextAsync(cancellationToken).ConfigureAwait(false))
            {
                using var message = _messages.Current;
                _descriptor = message.Descriptor;
                Decode(message)?.Dispose();
            }
        }

        if (schemaRequired && Schema is null)
        {
            throw Malformed("it must begin with a schema and does not", null);
        }
    }

    /// <summary>Reads the rest. Whoever enumerates owns each batch.</summary>
    public async IAsyncEnumerable<FlightBatch> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await MoveNextAsync(cancellationToken).ConfigureAwait(false))
        {
            using var message = _messages.Current;
            if (message.Header.IsEmpty)
            {
                yield return new FlightBatch(null, message.AppMetadata);
            }
            else if (Decode(message) is { } batch)
            {
                yield return new FlightBatch(batch, message.AppMetadata);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _messages.DisposeAsync().ConfigureAwait(false);
        _decoder.Dispose();
        _stop.Dispose();
    }

    private async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        // The messages know one token only; this one joins it for the time of the read.
        using var registration = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _stop);
        try
        {
            return await _messages.MoveNextAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(exception.Message, exception, cancellationToken);
        }
    }

    private RecordBatch? Decode(FlightData message)
    {
        if (message.Header.IsEmpty)
        {
            return null;
        }

        var body = message.TakeBody();
        try
        {
            return _decoder.Decode(message.Header, body);
        }
        catch (ArrowFormatException exception)
        {
            throw Malformed(exception.Message, exception);
        }
        finally
        {
            // The arrays hold references of their own.
            body.Release();
        }
    }

    private RpcException Malformed(string what, Exception? cause) =>
        new(new RpcStatus(_malformedCode, $"The received Arrow data cannot be read: {what}"), innerException: cause);
}
