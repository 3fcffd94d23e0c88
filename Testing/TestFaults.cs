using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using OrleansFlow.Graphs;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;
using OrleansFlow.Workflows;

namespace OrleansFlow.Testing;

/// <summary>What goes wrong in a test, and when. Each fault happens once, in the first attempt that comes to its batch. Thread-safe.</summary>
/// <remarks>
/// Batches are counted from 0 in the order in which an attempt's handler processes them. A fault takes effect just before that batch is processed;
/// the handler is called with it all the same, as a handler is that does not look at its token. The clock goes on while a fault waits.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and no wait handle, and disposing it would race with a late handler.")]
public sealed class TestFaults
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Node, int Batch), Func<RunContext, Task>> _planned = [];
    private readonly Dictionary<(string Node, int Batch), string> _failingWrites = [];
    private readonly List<string> _cleanups = [];
    private readonly List<(int Count, TaskCompletionSource<int> Reached)> _waiters = [];
    private readonly Dictionary<TaskId, int> _accepted = [];
    private readonly List<(TaskId Task, int Count, TaskCompletionSource Reached)> _acceptedWaiters = [];
    private readonly CancellationTokenSource _ended = new();
    private int _failingStateWrites;
    private IGrainFactory? _grains;
    private Func<WorkerId, Task>? _crash;

    internal TestFaults()
    {
    }

    /// <summary>Attempts whose clean-up was called, as <c>TASK eEPOCH</c>, in order.</summary>
    public IReadOnlyList<string> Cleanups
    {
        get
        {
            lock (_gate)
            {
                return [.. _cleanups];
            }
        }
    }

    /// <summary>Faults that have not happened yet.</summary>
    public int PendingCount
    {
        get
        {
            lock (_gate)
            {
                return _planned.Count + _failingWrites.Count + _failingStateWrites + Steps.PendingCount;
            }
        }
    }

    /// <summary>Cancels the run; the handler goes on when its token has fired.</summary>
    /// <param name="node">The node whose handler comes to the batch.</param>
    /// <param name="batch">0-based.</param>
    public TestFaults CancelAt(string node, int batch) => Plan(node, batch, async context =>
    {
        await Grains.GetGrain<IGraphRunGrain>(context.TaskId.RunId.Value).CancelAsync("cancelled by the test", CancellationToken.None);
        await WhenStoppingAsync(context);
    });

    /// <summary>Takes the lease away, as a lost connection does; the handler goes on when its token has fired, and nothing it makes counts.</summary>
    /// <param name="node">The node whose handler comes to the batch.</param>
    /// <param name="batch">0-based.</param>
    public TestFaults LoseLeaseAt(string node, int batch) => Plan(node, batch, async context =>
    {
        await Grains.GetGrain<ITaskGrain>(context.TaskId.Value).RevokeAsync(new LeaseToken(context.TaskId, context.Epoch), "connection_lost", CancellationToken.None);
        await WhenStoppingAsync(context);
    });

    /// <summary>Ends the worker as a crash does: its stream breaks, nothing more leaves it, and it does not come back.</summary>
    /// <param name="node">The node whose handler comes to the batch.</param>
    /// <param name="batch">0-based.</param>
    public TestFaults CrashWorkerAt(string node, int batch) => Plan(node, batch, async context =>
    {
        await _crash!(context.WorkerId);
        await WhenStoppingAsync(context);
    });

    /// <summary>Ends the worker of a workflow's step as a crash does; it does not come back.</summary>
    /// <param name="node">The step's node.</param>
    /// <param name="moment">When.</param>
    /// <param name="visit">0-based: how often that moment of the node comes before, from this call on, in all runs and attempts.</param>
    public TestFaults CrashWorkerAt(string node, StepMoment moment, int visit = 0)
    {
        Steps.Plan(node, moment, visit, StepFaults.StepFault.Crash);
        return this;
    }

    /// <summary>Takes the lease of a workflow's step away when its node has run; what the worker then hands in is refused.</summary>
    /// <param name="node">The step's node.</param>
    /// <param name="visit">0-based: how often the node runs before, from this call on, in all runs and attempts.</param>
    public TestFaults LoseLeaseBeforeCommit(string node, int visit = 0)
    {
        Steps.Plan(node, StepMoment.BeforeCommit, visit, StepFaults.StepFault.LoseLease);
        return this;
    }

    /// <summary>Does something of the test's own.</summary>
    /// <param name="node">The node whose handler comes to the batch.</param>
    /// <param name="batch">0-based.</param>
    /// <param name="action">Gets the context of the attempt.</param>
    public TestFaults DoAt(string node, int batch, Func<RunContext, Task> action) => Plan(node, batch, action);

    /// <summary>Lets the write of an output batch fail once, as a full disk does (<c>store_full</c>).</summary>
    /// <param name="node">The node that writes.</param>
    /// <param name="batch">Number of the output batch.</param>
    public TestFaults FailWriteAt(string node, int batch)
    {
        lock (_gate)
        {
            _failingWrites.Add((node, batch), node);
        }

        return this;
    }

    /// <summary>Lets the next writes of grain state fail; what they held was not acknowledged, and is done again.</summary>
    /// <param name="count">How many. At least 1.</param>
    public TestFaults FailStateWrites(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_gate)
        {
            _failingStateWrites += count;
        }

        return this;
    }

    /// <summary>The faults of steps.</summary>
    internal StepFaults Steps { get; } = new();

    /// <summary>The leases of workflows' steps that workers were given, as <c>RUN NODE eEPOCH</c>, in order.</summary>
    public IReadOnlyList<string> StepLeases => Steps.Steps;

    internal Task LoseAsync(LeaseToken token) =>
        Grains.GetGrain<IWorkflowRunGrain>(token.TaskId.RunId.Value).RevokeManyAsync([token], "connection_lost", CancellationToken.None);

    internal void Attach(IGrainFactory grains, Func<WorkerId, Task> crash) => (_grains, _crash) = (grains, crash);

    internal void End() => _ended.Cancel();

    internal Task MeetAsync(RunContext context, int batch)
    {
        Func<RunContext, Task>? fault;
        lock (_gate)
        {
            _planned.Remove((NodeOf(context.TaskId), batch), out fault);
        }

        return fault is null ? Task.CompletedTask : BeginAsync(fault, context);
    }

    internal void OnCleanup(RunContext context)
    {
        lock (_gate)
        {
            _cleanups.Add(string.Create(CultureInfo.InvariantCulture, $"{context.TaskId} e{context.Epoch}"));
            foreach (var waiter in _waiters.Where(waiter => waiter.Count <= _cleanups.Count))
            {
                waiter.Reached.TrySetResult(_cleanups.Count);
            }
        }
    }

    /// <summary>Something reaches a worker.</summary>
    internal void OnMessage(SiloMessage message)
    {
        if (message.BatchReceipts is not { } receipts)
        {
            return;
        }

        lock (_gate)
        {
            foreach (var receipt in receipts.Receipts.Where(receipt => receipt.Accepted))
            {
                var task = TaskId.Parse(receipt.Lease.TaskId);
                _accepted[task] = Math.Max(_accepted.GetValueOrDefault(task), receipt.Index + 1);
                foreach (var waiter in _acceptedWaiters.Where(waiter => waiter.Task == task && waiter.Count <= _accepted[task]))
                {
                    waiter.Reached.TrySetResult();
                }
            }

            _acceptedWaiters.RemoveAll(waiter => waiter.Reached.Task.IsCompleted);
        }
    }

    internal Task<int> CleanedUpAsync(int count)
    {
        var reached = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_cleanups.Count >= count)
            {
                return Task.FromResult(_cleanups.Count);
            }

            _waiters.Add((count, reached));
        }

        return reached.Task;
    }

    internal bool TakesWrite(TaskId task, int index)
    {
        lock (_gate)
        {
            return _failingWrites.Remove((NodeOf(task), index));
        }
    }

    internal bool TakesStateWrite()
    {
        lock (_gate)
        {
            if (_failingStateWrites == 0)
            {
                return false;
            }

            _failingStateWrites--;
            return true;
        }
    }

    private IGrainFactory Grains => _grains ?? throw new InvalidOperationException("The cluster has not started yet.");

    private static string NodeOf(TaskId task) => task.IsStandalone ? task.Value : task.Node;

    private TestFaults Plan(string node, int batch, Func<RunContext, Task> action)
    {
        ArgumentException.ThrowIfNullOrEmpty(node);
        ArgumentOutOfRangeException.ThrowIfNegative(batch);
        ArgumentNullException.ThrowIfNull(action);
        lock (_gate)
        {
            if (!_planned.TryAdd((node, batch), action))
            {
                throw new ArgumentException($"Batch {batch} of node '{node}' has a fault already.", nameof(batch));
            }
        }

        return this;
    }

    /// <summary>Outputs of the batches before are accepted first, so that what stands at the fault is always the same.</summary>
    private async Task BeginAsync(Func<RunContext, Task> fault, RunContext context)
    {
        var (count, reached) = (context.Totals.Batches, NewSignal());
        lock (_gate)
        {
            if (Math.Max(_accepted.GetValueOrDefault(context.TaskId), context.AcceptedBatchCount) >= count)
            {
                reached.TrySetResult();
            }
            else
            {
                _acceptedWaiters.Add((context.TaskId, count, reached));
            }
        }

        await EndWhenStoppingAsync(context, reached);
        await fault(context);
    }

    private Task WhenStoppingAsync(RunContext context) => EndWhenStoppingAsync(context, NewSignal());

    private async Task EndWhenStoppingAsync(RunContext context, TaskCompletionSource signal)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.Stopping, _ended.Token);
        await using var registration = either.Token.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), signal);
        await signal.Task;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
