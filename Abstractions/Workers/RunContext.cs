using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansFlow.Tasks;

namespace OrleansFlow.Workers;

/// <summary>What one attempt of one task may know and use. Valid until <see cref="RoleHandler.CleanupAsync"/> returned.</summary>
public abstract class RunContext
{
    /// <summary>The task.</summary>
    public abstract TaskId TaskId { get; }

    /// <summary>How many tasks the node has; this one is number <see cref="TaskId.Index"/> of them. 1 for a standalone task.</summary>
    public abstract int TaskCount { get; }

    /// <summary>Fencing number of this attempt's lease.</summary>
    public abstract long Epoch { get; }

    /// <summary>1 for the first attempt; grows with each grant.</summary>
    public abstract int Attempt { get; }

    /// <summary>The worker that runs the attempt.</summary>
    public abstract WorkerId WorkerId { get; }

    /// <summary>The role being served.</summary>
    public abstract string Role { get; }

    /// <summary>The run's parameters with the node's laid over them; for a standalone task its payload. <c>Undefined</c> when there are none.</summary>
    public abstract JsonElement Params { get; }

    /// <summary>The graph's files: name to absolute path.</summary>
    public abstract IReadOnlyDictionary<string, string> Files { get; }

    /// <summary>Ids of the parent nodes whose artifacts the attempt may read, in the graph's order; empty for a standalone task.</summary>
    public virtual IReadOnlyList<string> Parents => [];

    /// <summary>
    /// For a task that remedies a failure (a parent on <c>failure</c> or <c>done</c>): the parents that failed, and why. For one that undoes a node
    /// (<c>compensate</c>): what ended the run. Empty for any other.
    /// </summary>
    public virtual IReadOnlyList<UpstreamFailure> Failures => [];

    /// <summary>Output batches of earlier attempts that stand: numbers 0 to this minus 1.</summary>
    public abstract int AcceptedBatchCount { get; }

    /// <summary>
    /// What an earlier attempt saved last and the handler accepts; null for none. An attempt that gets one must go on from there: its first output has
    /// the number that comes after those which were made when it was saved.
    /// </summary>
    public abstract TaskCheckpoint? Checkpoint { get; }

    /// <summary>Output batches, rows and metrics of all attempts so far; right from the begin of a repeated attempt.</summary>
    public abstract RunTotals Totals { get; }

    /// <summary>
    /// Names what is being done for systems outside, the same in every attempt: task and, inside <see cref="RoleHandler.ProcessBatchAsync"/>, uid of the batch.
    /// </summary>
    public abstract string IdempotencyKey { get; }

    /// <summary>Writes output batches under names of the handler's.</summary>
    public abstract IArtifactWriter Artifacts { get; }

    /// <summary>Cancelled when the lease is lost, the run is cancelled, the attempt's time is over, or the worker stops.</summary>
    public abstract CancellationToken Stopping { get; }

    /// <summary>Why <see cref="Stopping"/> fired; null while it has not.</summary>
    public abstract string? StopReason { get; }

    /// <summary>
    /// How long the attempt may still take: to the end of its time limit, and once it is told to stop to the end of the grace, after which it is left
    /// behind. Never negative; null without a limit.
    /// </summary>
    public abstract TimeSpan? Remaining { get; }

    /// <summary>When <see cref="Remaining"/> is over, by the worker's wall clock; null without a limit.</summary>
    public DateTimeOffset? DeadlineUtc => Remaining is { } remaining ? Clock.GetUtcNow() + remaining : null;

    /// <summary>Values that parts of one attempt share. Not thread-safe.</summary>
    public abstract IDictionary<string, object?> Scratch { get; }

    /// <summary>Services of the attempt's own DI scope.</summary>
    public abstract IServiceProvider Services { get; }

    /// <summary>Logger whose scope names run, node, task, epoch and worker.</summary>
    public abstract ILogger Logger { get; }

    /// <summary>Clock of the worker.</summary>
    public abstract TimeProvider Clock { get; }

    /// <summary>An empty folder for the attempt, made at first use and deleted after it.</summary>
    public abstract string TempFolder { get; }

    /// <summary>Every artifact batch of the parents, in order of acceptance, as they appear; ends when every parent has ended.</summary>
    public abstract IAsyncEnumerable<InputBatch> ReadUpstreamAsync(CancellationToken cancellationToken);

    /// <summary>The artifact batches of one parent, ordered by task and number; ends when that parent has ended.</summary>
    /// <exception cref="ArgumentException"><paramref name="node"/> is not a parent of this node.</exception>
    public abstract IAsyncEnumerable<InputBatch> ReadUpstreamAsync(string node, CancellationToken cancellationToken);

    /// <summary>Tells the control plane how far the attempt is; the newest value is sent with the next message, none waits for it.</summary>
    /// <param name="fraction">0 to 1.</param>
    public abstract void ReportProgress(double fraction);

    /// <summary>Adds to a metric that travels with the next output batch, or with the task's end.</summary>
    /// <param name="name">At most 64 different names of a task are kept.</param>
    /// <param name="value">A finite number.</param>
    public abstract void AddMetric(string name, double value);

    /// <summary>Saves where the next attempt can go on. Durable, and the only one from then on, when it returns.</summary>
    /// <remarks>
    /// It must cover the outputs that were returned before this call, no less and no more. What is to be saved together with the output of the batch
    /// being processed goes into <see cref="BatchOutcome.Checkpoint"/>. Call it from the handler's own methods, one call at a time. It still works after
    /// <see cref="Stopping"/> fired, with another token, as long as the lease stands: a worker that shuts down need not lose what was done.
    /// </remarks>
    /// <exception cref="Errors.FlowException">
    /// <c>limit_exceeded</c>: longer than <see cref="TaskCheckpoint.BytesMax"/>; <c>bad_input</c>: <see cref="RoleHandler.AcceptsCheckpoint"/> refuses it.
    /// </exception>
    /// <exception cref="OperationCanceledException">The lease is gone, or the token fired.</exception>
    public abstract ValueTask SaveCheckpointAsync(TaskCheckpoint checkpoint, CancellationToken cancellationToken);

    /// <summary>
    /// Runs a program to its end. When the attempt must stop, or the token fires, the program and all that it started are asked to end and, after the
    /// grace, killed.
    /// </summary>
    /// <param name="start">What to run. Redirected output that nobody reads is read and dropped.</param>
    /// <param name="onLine">Gets each line of redirected output and errors, from any thread, one at a time; null to drop them.</param>
    /// <param name="grace">Between asking and killing; null for 5 s.</param>
    /// <param name="cancellationToken">Ends the program like a stop.</param>
    /// <returns>Its exit code.</returns>
    public abstract Task<int> RunProcessAsync(ProcessStartInfo start, Action<string>? onLine, TimeSpan? grace, CancellationToken cancellationToken);

    /// <summary>Kills a program, and what it started, at the end of the attempt if it still runs then.</summary>
    public abstract void RegisterProcess(Process process);

    /// <summary>Deletes a file or a folder, if it is there, at the end of the attempt.</summary>
    public abstract void DeleteAtEnd(string path);

    /// <summary>
    /// Does something at the end of the attempt, after <see cref="RoleHandler.CleanupAsync"/>, however it ends. Last registered, first called; a failure is
    /// logged and changes nothing.
    /// </summary>
    public abstract void OnCleanup(Func<ValueTask> action);

    /// <summary>Throws when the attempt must stop.</summary>
    /// <exception cref="OperationCanceledException">It must; <see cref="StopReason"/> says why.</exception>
    public void ThrowIfStopping()
    {
        if (StopReason is { } reason)
        {
            throw new OperationCanceledException($"The attempt must stop: {reason}.", Stopping);
        }
    }

    /// <summary>Waits for work that heeds no token, but no longer than until the attempt must stop. The work itself goes on.</summary>
    /// <exception cref="OperationCanceledException">The attempt must stop.</exception>
    public Task<T> CancellableAsync<T>(Task<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return work.WaitAsync(Stopping);
    }

    /// <summary>Waits for work that heeds no token, but no longer than until the attempt must stop. The work itself goes on.</summary>
    /// <exception cref="OperationCanceledException">The attempt must stop.</exception>
    public Task CancellableAsync(Task work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return work.WaitAsync(Stopping);
    }
}
