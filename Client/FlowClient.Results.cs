using System.Runtime.CompilerServices;
using OrleansFlow.Client.Protocol;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Graphs;
using OrleansFlow.Protocol.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Tasks;

namespace OrleansFlow.Client;

/// <content>Results over Arrow Flight.</content>
public sealed partial class FlowClient
{
    /// <summary>A node's accepted batches with epoch and metrics, ordered by task and number, however many; pages are fetched as they are needed.</summary>
    /// <remarks>While the node runs, batches may be added before those that were listed: list again when it has completed.</remarks>
    /// <param name="runId">The run.</param>
    /// <param name="nodeId">The node.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <exception cref="FlowException"><c>not_found</c>: no such run or node.</exception>
    public async IAsyncEnumerable<ArtifactRef> ListArtifactsAsync(
        RunId runId, string nodeId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = new ListArtifactsRequest { RunId = runId.Value, NodeId = nodeId };
        do
        {
            var page = await CallAsync(FlowMethods.ListArtifacts, request, cancellationToken).ConfigureAwait(false);
            foreach (var artifact in page.Artifacts)
            {
                yield return artifact.ToView();
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
    }

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
            return new FlowResult(_locations.Value, info, schema, _channel.Value.Address);
        }
        catch (RpcException exception)
        {
            throw RpcFailures.Translate(exception, _channel.Value.Address);
        }
    }
}
