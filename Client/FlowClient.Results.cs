using OrleansFlow.Client.Protocol;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;
using OrleansFlow.Tasks;

namespace OrleansFlow.Client;

/// <content>Results over Arrow Flight.</content>
public sealed partial class FlowClient
{
    /// <summary>Opens the output of a completed node.</summary>
    /// <exception cref="FlowException"><c>not_found</c>: no such run, node or output (yet).</exception>
    public Task<FlowResult> GetResultAsync(RunId runId, string node, CancellationToken cancellationToken = default) =>
        GetResultAsync(runId.Value, node, cancellationToken);

    /// <summary>Opens a result by the two parts of its Flight path: a run and a node, or <c>uploads</c> and a name.</summary>
    /// <exception cref="FlowException"><c>not_found</c>: no such result (yet).</exception>
    public async Task<FlowResult> GetResultAsync(string first, string second, CancellationToken cancellationToken = default)
    {
        var flight = new FlightClient(_channel.Value);
        try
        {
            var options = new RpcCallOptions(_options.CallTimeout, CancellationToken: cancellationToken);
            var info = await flight.GetFlightInfoAsync(FlightDescriptor.ForPath(first, second), options).ConfigureAwait(false);
            var schema = info.Schema
                ?? await flight.GetSchemaAsync(FlightDescriptor.ForPath(first, second), options).ConfigureAwait(false);
            return new FlowResult(flight, info, schema, _channel.Value.Address);
        }
        catch (RpcException exception)
        {
            throw RpcFailures.Translate(exception, _channel.Value.Address);
        }
    }
}
