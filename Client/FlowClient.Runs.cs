using System.Runtime.CompilerServices;
using OrleansFlow.Client.Protocol;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Protocol.V1;
using OrleansFlow.Tasks;

namespace OrleansFlow.Client;

/// <content>Runs as a whole, however large they are.</content>
public sealed partial class FlowClient
{
    /// <summary>A run's nodes in the order of the document, without their tasks, however many; pages are fetched as they are needed.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="statuses">Only nodes in one of these; none: all.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public async IAsyncEnumerable<NodeView> ListNodesAsync(
        RunId runId, IReadOnlyCollection<RunStatus>? statuses = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = new ListNodesRequest { RunId = runId.Value, States = { (statuses ?? []).Select(status => (RunState)status) } };
        do
        {
            var page = await CallAsync(FlowMethods.ListNodes, request, cancellationToken).ConfigureAwait(false);
            foreach (var node in page.Nodes)
            {
                yield return node.ToView();
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
    }

    /// <summary>Waits until a run has ended.</summary>
    /// <returns>The run as it ended; look at its status.</returns>
    public async Task<RunView> WaitForRunAsync(RunId runId, CancellationToken cancellationToken = default)
    {
        var request = new WatchRunRequest { RunId = runId.Value, OnlyEnd = true };
        await foreach (var change in StreamAsync(FlowMethods.WatchRun, request, cancellationToken).ConfigureAwait(false))
        {
            if (change.Snapshot is { State: RunState.Completed or RunState.Failed or RunState.Cancelled } run)
            {
                return run.ToView();
            }
        }

        // A gateway that does not know how to say the end alone has ended the stream with it.
        return await GetRunAsync(runId, cancellationToken).ConfigureAwait(false);
    }
}
