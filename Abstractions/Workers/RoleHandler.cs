using OrleansFlow.Errors;
using OrleansFlow.Inputs;

namespace OrleansFlow.Workers;

/// <summary>
/// What a worker does for one role. One instance and one DI scope serve one attempt of one task, so fields may hold the attempt's state.
/// </summary>
/// <remarks>
/// The worker calls, in order: <see cref="InitAsync"/>, <see cref="LoadInputAsync"/>, then for each batch of <see cref="ReadBatchesAsync"/>
/// <see cref="ProcessBatchAsync"/>, then <see cref="FinalizeAsync"/>, and always <see cref="CleanupAsync"/> once <see cref="InitAsync"/> was begun.
/// A task runs at least once: an attempt can be repeated on another worker, whose effects then count instead.
/// Output batches are numbered from 0 in the order in which they are emitted; the first accepted batch of a number stands, so a repeated
/// attempt must emit the same batches at the same numbers.
/// </remarks>
public abstract class RoleHandler
{
    /// <summary>
    /// False (default): a repeated attempt reads its input from the start, and outputs whose number was accepted before are dropped.
    /// True: <see cref="ReadBatchesAsync"/> itself starts after <see cref="RunContext.AcceptedBatchCount"/>, one input batch for one output batch;
    /// an input adapter starts after the input that had been worked off when the last accepted output was made.
    /// </summary>
    public virtual bool ResumesAfterAccepted => false;

    /// <summary>
    /// Whether this handler can go on from a checkpoint. Asked before <see cref="InitAsync"/> about one of an earlier attempt, whose code may have
    /// been older or newer: false makes the attempt begin from the start (<see cref="RunContext.Checkpoint"/> is null). Asked again about each
    /// that is saved: false refuses it, as the next attempt would. Default: true.
    /// </summary>
    public virtual bool AcceptsCheckpoint(TaskCheckpoint checkpoint) => true;

    /// <summary>Prepares the attempt: opens what it needs.</summary>
    public virtual ValueTask InitAsync(RunContext context, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Reads and checks the task's parameters; throw <see cref="FlowException"/> with <see cref="FlowErrorCode.BadInput"/> for wrong ones.</summary>
    public virtual ValueTask LoadInputAsync(RunContext context, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>
    /// An input adapter to read from instead of <see cref="ReadBatchesAsync"/>; asked after <see cref="LoadInputAsync"/>. An adapter that the graph
    /// names wins over it, and one that this worker does not know is ignored. Default: none.
    /// </summary>
    public virtual InputProposal? ProposeInput(RunContext context) => null;

    /// <summary>
    /// The attempt's input, batch by batch, when no input adapter gives it. Default: every artifact batch of the parents, as they appear, ending when all parents have ended.
    /// </summary>
    public virtual IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.ReadUpstreamAsync(cancellationToken);
    }

    /// <summary>Does the work of one batch.</summary>
    /// <returns>The output, owned by the worker from then on, or <see cref="BatchOutcome.None"/>.</returns>
    public abstract ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken);

    /// <summary>Ends the task after its last batch; may emit further output batches.</summary>
    public virtual ValueTask<FinalizeOutcome> FinalizeAsync(RunContext context, CancellationToken cancellationToken) => ValueTask.FromResult(FinalizeOutcome.None);

    /// <summary>Releases what <see cref="InitAsync"/> opened. Its own failure is logged and changes nothing.</summary>
    public virtual ValueTask CleanupAsync(RunContext context) => ValueTask.CompletedTask;

    /// <summary>Says what a thrown exception means. Default: argument, format and missing-key errors are permanent <c>bad_input</c>; the rest can be retried.</summary>
    public virtual ErrorClass ClassifyError(Exception exception) => exception switch
    {
        FlowException flow => new ErrorClass(flow.Kind.Wire, flow.Kind.Retry == RetryAdvice.Never),
        ArgumentException or FormatException or KeyNotFoundException or InvalidCastException => new ErrorClass("bad_input", Permanent: true),
        FileNotFoundException or DirectoryNotFoundException => new ErrorClass("data_file_missing", Permanent: true),
        _ => new ErrorClass("unexpected_error", Permanent: false),
    };
}
