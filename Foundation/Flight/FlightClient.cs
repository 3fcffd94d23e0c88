using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight;

/// <summary>
/// A client of any Flight server. Thread-safe; does not own its channel. Every method throws <see cref="RpcException"/>
/// when the server refuses or cannot be reached, and <see cref="OperationCanceledException"/> when the options' token fires.
/// </summary>
public sealed partial class FlightClient
{
    private readonly RpcChannel _channel;
    private readonly FlightOptions _options;
    private readonly FlightMethods _methods;

    /// <summary>Makes a client over a channel.</summary>
    /// <param name="channel">The way to the server; stays the caller's.</param>
    /// <param name="options">Memory and limits; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public FlightClient(RpcChannel channel, FlightOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(channel);
        _channel = channel;
        _options = options ?? new FlightOptions();
        _methods = new FlightMethods(_options);
    }

    /// <summary>The flights that the criteria select; empty criteria select everything.</summary>
    public async IAsyncEnumerable<FlightInfo> ListFlightsAsync(ReadOnlyMemory<byte> criteria = default, RpcCallOptions options = default)
    {
        var request = new Protos.Criteria { Expression = UnsafeByteOperations.UnsafeWrap(criteria) };
        await foreach (var info in _channel.ServerStreaming(FlightMethods.ListFlights, request, options).ConfigureAwait(false))
        {
            yield return FlightInfo.FromWire(info);
        }
    }

    /// <summary>Where and how to get a flight's data.</summary>
    public async Task<FlightInfo> GetFlightInfoAsync(FlightDescriptor descriptor, RpcCallOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        var info = await _channel.UnaryAsync(FlightMethods.GetFlightInfo, descriptor.ToWire(), options).ConfigureAwait(false);
        return FlightInfo.FromWire(info);
    }

    /// <summary>The schema of a flight.</summary>
    public async Task<ArrowSchema> GetSchemaAsync(FlightDescriptor descriptor, RpcCallOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        var result = await _channel.UnaryAsync(FlightMethods.GetSchema, descriptor.ToWire(), options).ConfigureAwait(false);
        return FlightIpc.ReadSchema(result.Schema.Memory);
    }

#pragma warning disable VSTHRD200 // It makes a reader; nothing is awaited here.
    /// <summary>Prepares the fetch of the data behind a ticket; it starts when its schema or its batches are asked for.</summary>
    public FlightReader DoGet(FlightTicket ticket, RpcCallOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        var request = new Protos.Ticket { Ticket_ = UnsafeByteOperations.UnsafeWrap(ticket.Bytes) };
        return new FlightReader(Input(_channel.ServerStreaming(_methods.DoGet, request, options), options));
    }
#pragma warning restore VSTHRD200

    /// <summary>Starts to send data for a flight. Dispose the writer; before its end that cancels the call.</summary>
    public async Task<FlightWriter> DoPutAsync(FlightDescriptor descriptor, ArrowSchema schema, RpcCallOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        ArgumentNullException.ThrowIfNull(schema);
        var call = _channel.Duplex(_methods.DoPut, options);
        try
        {
            var output = new FlightOutput(schema);
            await call.WriteAsync(output.WriteSchema(descriptor.ToWire()), options.CancellationToken).ConfigureAwait(false);
            return new FlightWriter(call, output);
        }
        catch
        {
            await call.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Sends batches for a flight and gives the server's acknowledgements. Each batch is disposed when it is written.
    /// Leaving the enumeration early cancels the call.
    /// </summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> DoPutAsync(
        FlightDescriptor descriptor, ArrowSchema schema, IAsyncEnumerable<RecordBatch> batches, RpcCallOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(batches);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken);
        var writer = await DoPutAsync(descriptor, schema, options with { CancellationToken = stop.Token }).ConfigureAwait(false);
        await using var _ = writer.ConfigureAwait(false);
        var results = writer.ReadResultsAsync(stop.Token).GetAsyncEnumerator(CancellationToken.None);
        await using var __ = results.ConfigureAwait(false);
        var writing = WriteAllAsync(writer, batches, stop);
        try
        {
            while (await MoveNextAsync(results, writing).ConfigureAwait(false))
            {
                yield return results.Current;
            }
        }
        finally
        {
            // Ends the writing whatever ended the reading: a good end has nothing left to write.
            await stop.CancelAsync().ConfigureAwait(false);
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Starts an exchange of data both ways. Dispose it; before its end that cancels the call.</summary>
    public async Task<FlightExchange> DoExchangeAsync(FlightDescriptor descriptor, ArrowSchema schema, RpcCallOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        ArgumentNullException.ThrowIfNull(schema);
        var call = _channel.Duplex(_methods.DoExchange, options);
        try
        {
            var output = new FlightOutput(schema);
            await call.WriteAsync(output.WriteSchema(descriptor.ToWire()), options.CancellationToken).ConfigureAwait(false);
            return new FlightExchange(call, output, Input(call.ReadAllAsync(options.CancellationToken), options));
        }
        catch
        {
            await call.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Runs an action of the server's own and gives its results.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> DoActionAsync(FlightAction action, RpcCallOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(action);
        var request = new Protos.Action { Type = action.Type, Body = UnsafeByteOperations.UnsafeWrap(action.Body) };
        await foreach (var result in _channel.ServerStreaming(FlightMethods.DoAction, request, options).ConfigureAwait(false))
        {
            yield return result.Body.Memory;
        }
    }

    /// <summary>The actions that the server offers.</summary>
    public async IAsyncEnumerable<FlightActionType> ListActionsAsync(RpcCallOptions options = default)
    {
        await foreach (var type in _channel.ServerStreaming(FlightMethods.ListActions, new Protos.Empty(), options).ConfigureAwait(false))
        {
            yield return new FlightActionType(type.Type, type.Description);
        }
    }

    private FlightInput Input(IAsyncEnumerable<FlightData> messages, RpcCallOptions options) =>
        new(messages, _options, RpcStatusCode.Internal, options.CancellationToken);

    /// <summary>Reads on; when the reading was stopped because the batches could not be made, that is the failure to tell.</summary>
    private static async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<ReadOnlyMemory<byte>> results, Task writing)
    {
        try
        {
            return await results.MoveNextAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (writing.IsFaulted)
            {
                await writing.ConfigureAwait(false);
            }

            throw;
        }
    }

    private static async Task WriteAllAsync(FlightWriter writer, IAsyncEnumerable<RecordBatch> batches, CancellationTokenSource stop)
    {
        try
        {
            await foreach (var batch in batches.WithCancellation(stop.Token).ConfigureAwait(false))
            {
                using (batch)
                {
                    await writer.WriteAsync(batch, cancellationToken: stop.Token).ConfigureAwait(false);
                }
            }

            await writer.CompleteAsync().ConfigureAwait(false);
        }
        catch (RpcException)
        {
            // The server has ended the call; its status comes out of the reading side.
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }
}
