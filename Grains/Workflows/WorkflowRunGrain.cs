using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Grains.Events;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Storage;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <summary>One run of a workflow: a thin shell around <see cref="WorkflowRunDecider"/>.</summary>
/// <remarks>
/// Re-entrant. 1. A call decides at once, inside its turn, on the newest state. 2. <see cref="CommitPump{TState,TEvent}"/> writes the events that have
/// gathered as one row. 3. After the write queues, workers, other runs and the index learn of it, and the callers are answered. A crash before 2
/// loses only what nobody was told; after 2 the next activation finds in the log what is still owed. The index makes sure that there is one.
/// </remarks>
[Reentrant]
[CollectionAgeLimit(Minutes = 2)]
internal sealed partial class WorkflowRunGrain : Grain, IWorkflowRunGrain, IDisposable
{
    private readonly WorkflowRunStore _store;
    private readonly WorkflowDefinitions _definitions;
    private readonly LeaseOptions _leaseOptions;
    /// <summary>A step that a limit counts goes through the queue, which keeps the count; null where there is no limit.</summary>
    private readonly Func<CompiledNode, bool>? _mayFollow;

    private readonly SiloServingClock _serving;
    private readonly LeaseClock _clock;
    private readonly ILogger<WorkflowRunGrain> _logger;
    private readonly CommitSignal _signal = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopped;
    private readonly long _epochFloorOfStore;
    private CommitPump<WorkflowRunState, WorkflowRunEvent>? _pump;
    private WorkflowPlan? _plan;
    private RunId _id;

    public WorkflowRunGrain(
        IServiceProvider services,
        WorkflowDefinitions definitions,
        IOptions<LeaseOptions> leases,
        IOptions<LimitOptions> limits,
        SiloServingClock serving,
        LeaseClock clock,
        ILogger<WorkflowRunGrain> logger,
        IStoreGeneration? generation = null)
    {
        _store = new WorkflowRunStore(services);
        _definitions = definitions;
        _leaseOptions = leases.Value;
        _serving = serving;
        _clock = clock;
        _logger = logger;
        _events = services.GetService<FlowEvents>();
        _mayFollow = limits.Value is { Total: null, EachRole: null, Roles.Count: 0 } ? null : static _ => false;
        _chance = services.GetService<WorkflowChance>() ?? WorkflowChance.Even;
        _stopped = _stopping.Token;
        _epochFloorOfStore = LeaseEpochs.FloorOf(generation?.Generation ?? 1);
    }

    /// <summary>The newest state, durable or not; null where there is no run.</summary>
    private WorkflowRunState? Tentative => _pump?.Tentative;

    /// <summary>The newest durable state; null where there is no run.</summary>
    private WorkflowRunState? Committed => _pump?.Committed is { Status: not WorkflowRunStatus.None } state ? state : null;

    /// <summary>The plan of the definition that the run is on now.</summary>
    private WorkflowPlan PlanOf(WorkflowRunState state) =>
        _plan is { } plan && ReferenceEquals(plan.Workflow, state.Workflow) ? plan : _plan = WorkflowPlan.Of(state.Workflow);

    private long EpochFloor => Math.Max(_epochFloorOfStore, _store.LastEpoch);

    public void Dispose() => _stopping.Dispose();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _id = new RunId(this.GetPrimaryKeyString());
        var grain = this.GetGrainId();
        var state = await StoredState.ReadAsync(grain.ToString(), () => _store.LoadAsync(
            grain, (name, version) => _definitions.RequireAsync(GrainFactory, name, version, cancellationToken)));
        if (_store.IsDeleting)
        {
            await StoredState.ReadAsync(grain.ToString(), () => _store.DeleteAsync(_store.LastEpoch));
        }

        if (state is not null)
        {
            Begin(state);
            TakeUp(state);
        }
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _stopping.CancelInTurn();
        await (_pump?.WhenIdleAsync() ?? Task.CompletedTask);
        await _offering;
        await _delivery;
        await (_facts?.Publishing ?? Task.CompletedTask);
        EndQueries();
    }

    public async Task<bool> StartAsync(WorkflowStart start, CancellationToken cancellationToken)
    {
        var begun = await BeginAsync(start, ticket: null, cancellationToken);
        if (begun.Line is { } line)
        {
            await RecordAsync(line);
        }

        return begun.Created;
    }

    public async Task<WorkflowBegun> BeginAsync(WorkflowStart start, SlotTicket? ticket, CancellationToken cancellationToken)
    {
        var version = start.Version > 0 ? start.Version : await WorkflowDefinitions.NewestAsync(GrainFactory, start.Workflow, cancellationToken);
        var workflow = await _definitions.LoadAsync(GrainFactory, start.Workflow, version, cancellationToken);
        if (workflow is null || (start.Hash is { } hash && hash != workflow.Hash))
        {
            throw new FlowException(
                FlowErrorCode.UnknownDefinition,
                workflow is null
                    ? $"Workflow '{start.Workflow}' version {version} is not known. Start a worker that serves it, or register its definition."
                    : $"Workflow '{start.Workflow}' version {version} is kept with another definition than the one meant. Raise the version of the changed one.");
        }

        if (Tentative is { Status: not WorkflowRunStatus.None })
        {
            return new WorkflowBegun(await RepeatedAsync(start, version, cancellationToken));
        }

        Begin(WorkflowRunState.None(workflow));
        var turn = new WorkflowRunTurn(_pump!.Tentative);
        var nowUtc = _clock.GetUtcNow();
        Require(turn.Do(WorkflowStarts.CommandOf(_id, start), nowUtc));
        var grant = ticket is null ? null : LeaseFirst(turn, ticket, nowUtc);

        // The index after the run: a line of a run that did not come to be would be asked for without end. Of a run that the index does not know nobody
        // was told that it exists, and a start that is sent again records it.
        await StageAsync(turn);
        return new WorkflowBegun(Created: true, LineOf(turn.State, wakeUtc: null), grant);
    }

    public Task WakeAsync(CancellationToken cancellationToken)
    {
        _isParked = false;
        _isAsked = !(Tentative?.NextDueUtc <= _clock.GetUtcNow());

        // The index wakes in the same way a run that rested and one that a crash overtook after it was woken before.
        PublishUntold();
        return PassTimeAsync();
    }

    /// <summary>The activation itself found what is owed; while it lives, it goes on trying.</summary>
    public Task RecoverAsync(CancellationToken cancellationToken)
    {
        _isParked = false;
        _isAsked = true;
        _owesNews = true;
        PublishUntold();
        return PassTimeAsync();
    }

    public async Task<bool> SignalAsync(string name, Payload payload, string? id, CancellationToken cancellationToken)
    {
        var turn = new WorkflowRunTurn(Require());
        var step = Require(turn.Do(new WorkflowCommand.Signal(name, payload, id), _clock.GetUtcNow()));
        await StageAsync(turn);
        return step.Answer != WorkflowAnswer.Duplicate;
    }

    public async Task ChildEndedAsync(WorkflowChildEnd child, CancellationToken cancellationToken)
    {
        if (Tentative is not { Status: not WorkflowRunStatus.None } state)
        {
            // It was deleted; there is nobody to tell.
            return;
        }

        var turn = new WorkflowRunTurn(state);
        turn.Do(new WorkflowCommand.ChildEnded(child.Child.Value, child.Status, child.Output, child.Failure, child.Order), _clock.GetUtcNow());
        await StageAsync(turn);
    }

    public async Task<bool> DeleteAsync(CancellationToken cancellationToken)
    {
        if (Committed is not { } state)
        {
            return false;
        }

        if (!state.IsFinal || !ReferenceEquals(state, Tentative))
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Run '{_id}' has not ended ({state.Status}); cancel it before it is deleted.");
        }

        if (!state.Owed.IsEmpty)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Run '{_id}' has ended, but {state.Owed.Count} other runs have not heard of it yet; try again soon.");
        }

        await StoredState.ReadAsync(this.GetGrainId().ToString(), () => _store.DeleteAsync(state.EpochTop));
        _pump = null;
        await GrainFactory.GetGrain<IWorkflowIndexGrain>(WorkflowShards.KeyOf(_id)).RemoveAsync(_id, state.StartedUtc, cancellationToken);
        DeactivateOnIdle();
        return true;
    }

    /// <summary>The run as it is decided on.</summary>
    /// <exception cref="FlowException"><c>not_found</c>: there is none.</exception>
    private WorkflowRunState Require()
    {
        _pump?.ThrowIfFailed();
        return Tentative is { Status: not WorkflowRunStatus.None } state
            ? state
            : throw new FlowException(FlowErrorCode.NotFound, $"There is no workflow run '{_id}'. 'flow workflow list' lists those that there are.");
    }

    /// <summary>What a command came to, unless it was refused.</summary>
    private static WorkflowTurnStep Require(WorkflowTurnStep step) => step.Answer == WorkflowAnswer.Refused
        ? throw new FlowException(step.Code ?? FlowErrorCode.BadInput, step.Refused!)
        : step;

    /// <summary>A start that was sent again, or one that means another run by the same id.</summary>
    private async Task<bool> RepeatedAsync(WorkflowStart start, int version, CancellationToken cancellationToken)
    {
        await _pump!.FlushAsync();
        var began = await _store.ReadStartAsync();
        if (began is null || WorkflowStarts.IsSame(began, start, version))
        {
            if (start.ParentOrder > 0)
            {
                var turn = new WorkflowRunTurn(Require());
                Require(turn.Do(new WorkflowCommand.Attach(start.Parent.Value, start.ParentOrder, start.Input, start.Context), _clock.GetUtcNow()));
                await StageAsync(turn);
            }

            // The silo of the first start may have been lost between its two writes: of a run that the index does not know nobody may be told that it exists.
            if (Committed is { } state)
            {
                await RecordAsync(LineOf(state, wakeUtc: null));
            }

            return false;
        }

        throw new FlowException(FlowErrorCode.AlreadyExists, start.IdempotencyKey is { } key
            ? $"Idempotency key '{key}' stands for run '{_id}', which began with something else; use another key for another run."
            : $"Run '{_id}' exists and began with something else; choose another run id.");
    }

    private void Begin(WorkflowRunState state)
    {
        _pump = new CommitPump<WorkflowRunState, WorkflowRunEvent>(state, WriteAsync, OnCommitted, OnFailed, OfferEarlyAsync);
        BeginFacts(state);
    }
}
