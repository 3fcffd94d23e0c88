using OrleansFlow.Tasks;

namespace OrleansFlow.Graphs;

/// <summary>One run of a task graph: node and task states, fan-in, artifacts, cancellation. Key: the <see cref="RunId"/>.</summary>
/// <remarks>The one owner of its tasks' epochs, outcomes and effects; they commit together with everything that follows from them.</remarks>
[Alias("OrleansFlow.IGraphRunGrain")]
public interface IGraphRunGrain : IGrainWithStringKey
{
    /// <summary>Accepts the run. Durable before it returns. Repeating it with the same document is fine.</summary>
    /// <returns>True when the run is new.</returns>
    /// <exception cref="Errors.FlowException"><c>bad_graph</c> with every problem; <c>already_exists</c>: the id has another document.</exception>
    [Alias("Submit")]
    Task<bool> SubmitAsync(RunSubmission submission, CancellationToken cancellationToken);

    /// <summary>Where the run stands; null when there is none.</summary>
    [Alias("Get")]
    Task<RunView?> GetAsync(CancellationToken cancellationToken);

    /// <summary>Some of the run's nodes. A page may be shorter than asked for, when they have many parents.</summary>
    /// <param name="begin">Position of the first; 0 or more.</param>
    /// <param name="limit">Most nodes; 1 to <see cref="RunView.ShownNodesMax"/>.</param>
    /// <param name="statuses">Only nodes in one of these; empty: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Errors.FlowException"><c>not_found</c>: no such run.</exception>
    [Alias("GetNodes")]
    Task<NodePage> GetNodesAsync(int begin, int limit, IReadOnlyList<RunStatus> statuses, CancellationToken cancellationToken);

    /// <summary>One node; null when the run has no such node.</summary>
    /// <exception cref="Errors.FlowException"><c>not_found</c>: no such run.</exception>
    [Alias("GetNode")]
    Task<NodeView?> GetNodeAsync(string node, CancellationToken cancellationToken);

    /// <summary>Some of the run's tasks. A page may be shorter than asked for, when their results are long.</summary>
    /// <param name="node">Only this node's; one task alone as <c>node[3]</c>; empty: those of all nodes, in the order of the document.</param>
    /// <param name="begin">Position of the first; 0 or more.</param>
    /// <param name="limit">Most tasks; 1 to <see cref="RunView.ShownTasksMax"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Errors.FlowException"><c>not_found</c>: no such run or node.</exception>
    [Alias("GetTasks")]
    Task<TaskPage> GetTasksAsync(string node, int begin, int limit, CancellationToken cancellationToken);

    /// <summary>Cancels the run. Final once visible: no later effect appears (lease rule 5).</summary>
    /// <exception cref="Errors.FlowException"><c>not_found</c>; <c>already_ended</c> when it completed or failed.</exception>
    [Alias("Cancel")]
    Task<RunView> CancelAsync(string reason, CancellationToken cancellationToken);

    /// <summary>The same, and says how long handlers that are told to stop may take to return before they are left behind; null: as their workers say.</summary>
    /// <exception cref="Errors.FlowException"><c>not_found</c>; <c>already_ended</c> when it completed or failed.</exception>
    [Alias("CancelWithGrace")]
    Task<RunView> CancelWithGraceAsync(string reason, TimeSpan? grace, CancellationToken cancellationToken);

    /// <summary>Pauses the run: no task is leased until it is resumed; what runs goes on. Durable before it returns.</summary>
    /// <exception cref="Errors.FlowException"><c>not_found</c>; <c>already_ended</c>.</exception>
    [Alias("Pause")]
    Task<RunView> PauseAsync(string reason, CancellationToken cancellationToken);

    /// <summary>Ends the pause; fine when there is none.</summary>
    /// <exception cref="Errors.FlowException"><c>not_found</c>; <c>already_ended</c>.</exception>
    [Alias("Resume")]
    Task<RunView> ResumeAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Goes on with a failed or cancelled run from where it ended: what completed stays, the rest gets its retries back. With a node: that one
    /// and all that follows from it begin anew, with the next epoch, also in a run that goes on or has completed. Durable before it returns.
    /// </summary>
    /// <param name="node">The node to run once more; null: none. A run that goes on already is fine then.</param>
    /// <param name="reason">Kept in the history.</param>
    /// <param name="cancellationToken">Gives up waiting; it may have happened.</param>
    /// <exception cref="Errors.FlowException"><c>not_found</c>; <c>bad_input</c>: the node has not run and ended yet; <c>already_ended</c>: the run completed, and no node is named.</exception>
    [Alias("Reopen")]
    Task<RunView> ReopenAsync(string? node, string reason, CancellationToken cancellationToken);

    /// <summary>Why the run, or a node of it, does not run, or why it ended; the most telling reason first.</summary>
    /// <exception cref="Errors.FlowException"><c>not_found</c>: no such run or node.</exception>
    [Alias("Why")]
    Task<IReadOnlyList<RunReason>> WhyAsync(string? node, CancellationToken cancellationToken);

    /// <summary>Answers a gate. The same answer twice is fine.</summary>
    /// <param name="node">A node with <c>approval</c>.</param>
    /// <param name="approved">Approved or rejected.</param>
    /// <param name="payloadJson">The gate's result, or a part of its failure's message; null for none.</param>
    /// <param name="cancellationToken">Gives up waiting; the answer may stand.</param>
    /// <exception cref="Errors.FlowException">
    /// <c>not_found</c>: no such run or node; <c>bad_input</c>: the node is no gate, or does not wait yet; <c>already_ended</c>: it has another answer.
    /// </exception>
    [Alias("Answer")]
    Task<RunView> AnswerAsync(string node, bool approved, string? payloadJson, CancellationToken cancellationToken);

    /// <summary>A snapshot, then every committed change, until the run has ended. A slow reader gets a new snapshot instead of a gap.</summary>
    [Alias("Watch")]
    IAsyncEnumerable<RunEvent> WatchAsync(CancellationToken cancellationToken);

    /// <summary>The run once it has ended, and nothing before: for those who wait for nothing else.</summary>
    [Alias("WatchEnd")]
    IAsyncEnumerable<RunView> WatchEndAsync(CancellationToken cancellationToken);

    /// <summary>References of the parents' artifact batches for the holder of <paramref name="token"/>, as they are accepted; ends when the parents have.</summary>
    /// <param name="token">The reader's lease.</param>
    /// <param name="node">Empty: all parents in order of acceptance. Else one parent, ordered by task and number, each task once it has ended.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="Errors.FlowException"><c>lease_lost</c>: the lease is not current.</exception>
    [Alias("ReadInputs")]
    IAsyncEnumerable<ArtifactRef> ReadInputsAsync(LeaseToken token, string node, CancellationToken cancellationToken);

    /// <summary>References of parents' artifact batches for an input adapter, in order of acceptance, as they are accepted.</summary>
    /// <param name="token">The reader's lease.</param>
    /// <param name="pull">Which ones.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="Errors.FlowException"><c>lease_lost</c>: the lease is not current; <c>bad_input_args</c>: a node is no parent.</exception>
    [Alias("PullInputs")]
    IAsyncEnumerable<ArtifactRef> PullInputsAsync(LeaseToken token, InputPull pull, CancellationToken cancellationToken);

    /// <summary>Some of a node's accepted batches, ordered by task and number.</summary>
    /// <param name="node">The node.</param>
    /// <param name="begin">Position of the first; 0 or more. While the node runs, batches of an earlier task may still move it.</param>
    /// <param name="limit">Most batches; 1 to <see cref="ArtifactPage.BatchesMax"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Errors.FlowException"><c>not_found</c>: no such run or node.</exception>
    [Alias("GetArtifactPage")]
    Task<ArtifactPage> GetArtifactsAsync(string node, int begin, int limit, CancellationToken cancellationToken);

    /// <summary>From a queue: no worker takes tasks that were offered before they were committed (<see cref="Workers.IRoleQueueGrain.OfferAsync"/>).</summary>
    [Alias("OfferEnded")]
    Task OfferEndedAsync(IReadOnlyList<TaskId> tasks, CancellationToken cancellationToken);

    /// <summary>From a run that is a task of this one: it has ended. Durable before it returns; repeating it is fine, and so is an end that comes too late.</summary>
    [Alias("ChildEnded")]
    Task ChildEndedAsync(ChildOutcome outcome, CancellationToken cancellationToken);

    /// <summary>See <see cref="ITaskGrain.GrantAsync"/>.</summary>
    [Alias("Grant")]
    Task<LeaseGrant?> GrantAsync(TaskId task, WorkerId worker, string sessionId, CancellationToken cancellationToken);

    /// <summary>See <see cref="ITaskGrain.RenewAsync"/>.</summary>
    [Alias("Renew")]
    Task<bool> RenewAsync(LeaseToken token, WorkerId worker, string sessionId, double? progress, CancellationToken cancellationToken);

    /// <summary>See <see cref="ITaskGrain.ReportBatchAsync"/>.</summary>
    [Alias("ReportBatch")]
    Task<EffectReceipt> ReportBatchAsync(BatchReport report, CancellationToken cancellationToken);

    /// <summary>See <see cref="ITaskGrain.SaveCheckpointAsync"/>.</summary>
    [Alias("SaveCheckpoint")]
    Task<EffectReceipt> SaveCheckpointAsync(CheckpointReport report, CancellationToken cancellationToken);

    /// <summary>See <see cref="ITaskGrain.AdoptAsync"/>.</summary>
    [Alias("Adopt")]
    Task<LeaseGrant?> AdoptAsync(LeaseToken token, WorkerId worker, string sessionId, CancellationToken cancellationToken);

    /// <summary>See <see cref="ITaskGrain.CompleteAsync"/>.</summary>
    [Alias("Complete")]
    Task<EffectReceipt> CompleteAsync(AttemptOutcome outcome, CancellationToken cancellationToken);

    /// <summary>See <see cref="ITaskGrain.RevokeAsync"/>.</summary>
    [Alias("Revoke")]
    Task RevokeAsync(LeaseToken token, string reason, CancellationToken cancellationToken);

    /// <summary><see cref="GrantAsync"/> for several tasks, in one commit.</summary>
    /// <returns>In the order of <paramref name="tasks"/>; null for one that cannot be leased now.</returns>
    [Alias("GrantMany")]
    Task<IReadOnlyList<LeaseGrant?>> GrantManyAsync(IReadOnlyList<TaskId> tasks, WorkerId worker, string sessionId, CancellationToken cancellationToken);

    /// <summary><see cref="RenewAsync"/> for several leases.</summary>
    /// <returns>In the order of <paramref name="renewals"/>: whether each stands.</returns>
    [Alias("RenewMany")]
    Task<IReadOnlyList<bool>> RenewManyAsync(IReadOnlyList<LeaseRenewal> renewals, WorkerId worker, string sessionId, CancellationToken cancellationToken);

    /// <summary><see cref="ReportBatchAsync"/> for several batches, taken in their order, in one commit.</summary>
    /// <returns>In the order of <paramref name="reports"/>.</returns>
    [Alias("ReportBatches")]
    Task<IReadOnlyList<EffectReceipt>> ReportBatchesAsync(IReadOnlyList<BatchReport> reports, CancellationToken cancellationToken);

    /// <summary><see cref="CompleteAsync"/> for several attempts, taken in their order, in one commit.</summary>
    /// <returns>In the order of <paramref name="outcomes"/>.</returns>
    [Alias("CompleteMany")]
    Task<IReadOnlyList<EffectReceipt>> CompleteManyAsync(IReadOnlyList<AttemptOutcome> outcomes, CancellationToken cancellationToken);

    /// <summary><see cref="RevokeAsync"/> for several leases, in one commit.</summary>
    [Alias("RevokeMany")]
    Task RevokeManyAsync(IReadOnlyList<LeaseToken> tokens, string reason, CancellationToken cancellationToken);

    /// <summary>See <see cref="ITaskGrain.GetAsync"/>.</summary>
    [Alias("GetTask")]
    Task<TaskView?> GetTaskAsync(TaskId task, CancellationToken cancellationToken);

    /// <summary>Deletes a run that has ended: artifacts, rows, line of the listing. Its id, and its idempotency key, are free then.</summary>
    /// <returns>False when there is no such run.</returns>
    /// <exception cref="Errors.FlowException"><c>bad_input</c>: it has not ended; <c>store_unavailable</c>: repeat it, what is left goes then.</exception>
    [Alias("Delete")]
    Task<bool> DeleteAsync(CancellationToken cancellationToken);

    /// <summary>Wakes the run after its silo was lost, so that it delivers what it owes. Costs nothing when there is nothing to do.</summary>
    [Alias("Recover")]
    Task RecoverAsync(CancellationToken cancellationToken);
}
