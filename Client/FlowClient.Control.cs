using OrleansFlow.Client.Protocol;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Protocol.V1;
using OrleansFlow.Tasks;

namespace OrleansFlow.Client;

/// <content>Cancelling, pausing and answering runs.</content>
public sealed partial class FlowClient
{
    /// <summary>Cancels a run. When it returns no later effect of the run can appear.</summary>
    /// <exception cref="FlowException"><c>not_found</c>; <c>already_ended</c>.</exception>
    public async Task<RunView> CancelRunAsync(RunId runId, string reason, CancellationToken cancellationToken = default) =>
        (await CallAsync(FlowMethods.CancelRun, new CancelRunRequest { RunId = runId.Value, Reason = reason }, cancellationToken).ConfigureAwait(false)).ToView();

    /// <summary>Cancels a run, and says how long handlers that are told to stop may take to return before they are left behind.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="reason">Kept with the run.</param>
    /// <param name="grace">Range 100 ms to 1 h; without it each worker's own stop grace counts.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="FlowException"><c>not_found</c>; <c>already_ended</c>; <c>bad_input</c>: a grace out of range.</exception>
    public async Task<RunView> CancelRunAsync(RunId runId, string reason, TimeSpan grace, CancellationToken cancellationToken = default)
    {
        // Less than a millisecond is out of range, not absent.
        var request = new CancelRunRequest { RunId = runId.Value, Reason = reason, GraceMs = grace > TimeSpan.Zero ? Math.Max(1, (long)grace.TotalMilliseconds) : -1 };
        return (await CallAsync(FlowMethods.CancelRun, request, cancellationToken).ConfigureAwait(false)).ToView();
    }

    /// <summary>Pauses a run: no task of it is leased until it is resumed; what runs goes on. Durable when it returns. Fine when it is paused already.</summary>
    /// <exception cref="FlowException"><c>not_found</c>; <c>already_ended</c>.</exception>
    public async Task<RunView> PauseRunAsync(RunId runId, string reason, CancellationToken cancellationToken = default) =>
        (await CallAsync(FlowMethods.PauseRun, new PauseRunRequest { RunId = runId.Value, Reason = reason }, cancellationToken).ConfigureAwait(false)).ToView();

    /// <summary>Asks a worker to finish what runs, hand back what waits, and leave. Fine when it drains or has left already.</summary>
    /// <exception cref="FlowException"><c>not_found</c>: it never registered.</exception>
    public async Task<FlowWorker> DrainWorkerAsync(WorkerId workerId, string reason, CancellationToken cancellationToken = default) =>
        (await CallAsync(FlowMethods.DrainWorker, new DrainWorkerRequest { WorkerId = workerId.Value, Reason = reason }, cancellationToken).ConfigureAwait(false)).ToView();

    /// <summary>Ends the pause of a run. Fine when there is none.</summary>
    /// <exception cref="FlowException"><c>not_found</c>; <c>already_ended</c>.</exception>
    public async Task<RunView> ResumeRunAsync(RunId runId, CancellationToken cancellationToken = default) =>
        (await CallAsync(FlowMethods.ResumeRun, new ResumeRunRequest { RunId = runId.Value }, cancellationToken).ConfigureAwait(false)).ToView();

    /// <summary>
    /// Goes on with a failed or cancelled run from where it ended: what completed is reused, the rest gets its retries back. Durable when it
    /// returns. Fine when it goes on already.
    /// </summary>
    /// <param name="runId">The run.</param>
    /// <param name="reason">Kept in the run's history.</param>
    /// <param name="cancellationToken">Stops waiting; it may have happened.</param>
    /// <exception cref="FlowException"><c>not_found</c>; <c>already_ended</c>: it completed.</exception>
    public Task<RunView> ReopenRunAsync(RunId runId, string reason, CancellationToken cancellationToken = default) =>
        ReopenAsync(new ReopenRunRequest { RunId = runId.Value, Reason = reason }, cancellationToken);

    /// <summary>Runs a node that has ended, and all that follows from it, once more with the next epoch; what else completed is reused. In any run.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="nodeId">A node that has run and ended.</param>
    /// <param name="reason">Kept in the history of the nodes.</param>
    /// <param name="cancellationToken">Stops waiting; it may have happened.</param>
    /// <exception cref="FlowException"><c>not_found</c>; <c>bad_input</c>: it has not run, or has not ended.</exception>
    public Task<RunView> RerunNodeAsync(RunId runId, string nodeId, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(nodeId);
        return ReopenAsync(new ReopenRunRequest { RunId = runId.Value, NodeId = nodeId, Reason = reason }, cancellationToken);
    }

    /// <summary>Deletes a run that has ended, with its artifacts. Its id and its idempotency key are free then.</summary>
    /// <exception cref="FlowException"><c>not_found</c>; <c>bad_input</c>: it has not ended; <c>store_unavailable</c>: repeat it, what is left goes then.</exception>
    public Task DeleteRunAsync(RunId runId, CancellationToken cancellationToken = default) =>
        CallAsync(FlowMethods.DeleteRun, new DeleteRunRequest { RunId = runId.Value }, cancellationToken);

    /// <summary>Why a run or a node of it does not run, or why it ended; the most telling reason first.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="nodeId">The node; null: the run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public async Task<IReadOnlyList<RunReason>> WhyAsync(RunId runId, string? nodeId = null, CancellationToken cancellationToken = default)
    {
        var response = await CallAsync(FlowMethods.WhyRun, new WhyRunRequest { RunId = runId.Value, NodeId = nodeId ?? "" }, cancellationToken).ConfigureAwait(false);
        return [.. response.Reasons.Select(ProtocolViews.ToView)];
    }

    private async Task<RunView> ReopenAsync(ReopenRunRequest request, CancellationToken cancellationToken) =>
        (await CallAsync(FlowMethods.ReopenRun, request, cancellationToken).ConfigureAwait(false)).ToView();

    /// <summary>Answers a gate of a run. The same answer twice is fine.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="nodeId">A node with <c>approval</c>.</param>
    /// <param name="approved">Approved or rejected.</param>
    /// <param name="payloadJson">Becomes the gate's result, or a part of its failure's message; at most 65 536 bytes. Null: none.</param>
    /// <param name="cancellationToken">Stops waiting; the answer may stand.</param>
    /// <exception cref="FlowException">
    /// <c>not_found</c>; <c>bad_input</c>: the node is no gate, or does not wait yet; <c>already_ended</c>: it has another answer, or the run has ended.
    /// </exception>
    public async Task<RunView> AnswerGateAsync(
        RunId runId, string nodeId, bool approved, string? payloadJson = null, CancellationToken cancellationToken = default) =>
        (await CallAsync(
            FlowMethods.SignalRun,
            new SignalRunRequest { RunId = runId.Value, NodeId = nodeId, Signal = approved ? "approve" : "reject", PayloadJson = payloadJson ?? "" },
            cancellationToken).ConfigureAwait(false)).ToView();
}
