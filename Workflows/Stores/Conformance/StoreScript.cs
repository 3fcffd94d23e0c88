using System.Runtime.CompilerServices;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Stores.Conformance;

/// <summary>What a check does with its store, in short words.</summary>
internal sealed class StoreScript(IWorkflowStoreFixture fixture, CancellationToken token)
{
    public static readonly WorkFilter Anybody = new() { Worker = new WorkerId("worker"), Session = "1" };

    public IWorkflowStore Store => fixture.Store;

    public DateTimeOffset NowUtc => fixture.Time.GetUtcNow();

    public TimeSpan LeaseDuration => fixture.LeaseDuration;

    public CancellationToken Token => token;

    public async Task<RunId> StartAsync(CompiledWorkflow workflow, string? id = null, string? key = null, StepRetryPolicy? retry = null, string context = "{}", DateTimeOffset? deadlineUtc = null) =>
        (await CreateAsync(workflow, id, key, retry, context, deadlineUtc).ConfigureAwait(false)).Run;

    public async Task<CreatedRun> CreateAsync(CompiledWorkflow workflow, string? id = null, string? key = null, StepRetryPolicy? retry = null, string context = "{}", DateTimeOffset? deadlineUtc = null) =>
        await Store.CreateRunAsync(
            new NewWorkflowRun
            {
                Workflow = workflow,
                Input = Payload.FromJson("1"),
                Context = Payload.FromJson(context),
                Id = id is null ? null : new RunId(id),
                IdempotencyKey = key,
                Retry = retry,
                DeadlineUtc = deadlineUtc,
            },
            token).ConfigureAwait(false);

    /// <summary>Takes an item that must come, now or soon.</summary>
    public async Task<WorkLease> TakeAsync(WorkFilter? filter = null) =>
        await Store.TakeAsync(filter ?? Anybody, Timeout.InfiniteTimeSpan, token).ConfigureAwait(false)
        ?? throw new WorkflowStoreConformanceException("A take that waits for ever came back with nothing.");

    /// <summary>Makes sure that there is nothing to take.</summary>
    public async Task TakeNothingAsync(WorkFilter? filter = null)
    {
        if (await Store.TakeAsync(filter ?? Anybody, TimeSpan.Zero, token).ConfigureAwait(false) is { } lease)
        {
            throw new WorkflowStoreConformanceException(
                $"There should be nothing to take, but item {lease.Token.Item} of node '{NodeOf(lease)}' of run '{lease.Token.Run}' was handed out.");
        }
    }

    public Task<StepReceipt> NextAsync(WorkLease lease, params string[] nodes) => CommitAsync(lease, Outcome(lease, nodes));

    public Task<StepReceipt> EndAsync(WorkLease lease, string output = "1") => CommitAsync(lease, new StepOutcome { Outputs = [Payload.FromJson(output)] });

    public async Task<StepReceipt> CommitAsync(WorkLease lease, StepOutcome outcome) => await Store.CommitStepAsync(lease.Token, outcome, token).ConfigureAwait(false);

    public async Task<StepReceipt> FailAsync(WorkLease lease, string message = "no", StepRetryPolicy? retry = null) =>
        await Store.FailStepAsync(lease.Token, new StepFailure(FailureKinds.Generic, message) { WorkerRetry = retry }, token).ConfigureAwait(false);

    public async Task AdvanceAsync(TimeSpan by) => await fixture.AdvanceAsync(by, token).ConfigureAwait(false);

    public async Task ReopenAsync() => await fixture.ReopenAsync(token).ConfigureAwait(false);

    public async Task<WorkflowRunSummary> RunAsync(RunId run) =>
        await Store.GetRunAsync(run, token).ConfigureAwait(false) ?? throw new WorkflowStoreConformanceException($"Run '{run}' should be known.");

    public async Task<StoredContext> ContextAsync(RunId run) =>
        await Store.GetContextAsync(run, token).ConfigureAwait(false) ?? throw new WorkflowStoreConformanceException($"Run '{run}' should have a context.");

    public async Task<RunCounters> MetricsAsync(RunId run) =>
        await Store.GetMetricsAsync(run, token).ConfigureAwait(false) ?? throw new WorkflowStoreConformanceException($"Run '{run}' should have metrics.");

    public async Task<IReadOnlyList<WorkItemSummary>> ItemsAsync(RunId run, bool open = false) => await Store.GetItemsAsync(run, open, token).ConfigureAwait(false);

    public async Task<IReadOnlyList<StepError>> ErrorsAsync(RunId run) => await Store.GetErrorsAsync(run, token).ConfigureAwait(false);

    public async Task<WorkflowRunSummary> SteerAsync(RunId run, RunSteering steering) => await Store.SteerAsync(run, steering, null, token).ConfigureAwait(false);

    /// <summary>What follows from a step that goes on to nodes with its own input.</summary>
    public static StepOutcome Outcome(WorkLease lease, params string[] nodes) =>
        new() { Successors = [.. nodes.Select(node => new ItemSeed(lease.Workflow.IndexOf(node), lease.Item.Input))] };

    public static string NodeOf(WorkLease lease) => lease.Workflow.Nodes[lease.Item.Node].Name;

    public static void Same<T>(T expected, T actual, [CallerArgumentExpression(nameof(actual))] string what = "")
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new WorkflowStoreConformanceException($"{what} should be {expected}; it is {actual}.");
        }
    }

    public static void SameList<T>(IEnumerable<T> expected, IEnumerable<T> actual, [CallerArgumentExpression(nameof(actual))] string what = "")
    {
        var (left, right) = (expected.ToList(), actual.ToList());
        if (!left.SequenceEqual(right))
        {
            throw new WorkflowStoreConformanceException($"{what} should be [{string.Join(", ", left)}]; it is [{string.Join(", ", right)}].");
        }
    }

    public static void That(bool holds, [CallerArgumentExpression(nameof(holds))] string what = "")
    {
        if (!holds)
        {
            throw new WorkflowStoreConformanceException($"This should hold: {what}.");
        }
    }

    public static void Accepted(StepReceipt receipt)
    {
        if (!receipt.IsAccepted)
        {
            throw new WorkflowStoreConformanceException($"The step should be accepted; it was refused: {receipt.Refused}");
        }
    }

    public static void Refused(StepReceipt receipt)
    {
        if (receipt.IsAccepted)
        {
            throw new WorkflowStoreConformanceException("The step should be refused; it was accepted.");
        }
    }

    /// <summary>Makes sure that a call fails with a code.</summary>
    public static async Task FailsAsync(FlowErrorCode code, Func<ValueTask> call)
    {
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (FlowException error) when (error.Code == code)
        {
            return;
        }

        throw new WorkflowStoreConformanceException($"The call should fail with {code}; it succeeded.");
    }
}
