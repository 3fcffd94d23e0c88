using System.Collections.Immutable;
using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Workflows.Runs;

/// <summary>Decides what becomes of a run: a pure function of state, command and time.</summary>
/// <remarks>
/// <para>
/// A decision is a list of events, and a state is what the events of a run come to when they are applied in order. Whoever stores the events of a decision in
/// one commit has a transaction: context delta, successors, outputs, item, counters and status change together. A failed, lost or refused step changes
/// nothing of the context.
/// </para>
/// <para>
/// Every lease of an item has an epoch; a step under another one than the current is refused, so an item that was handed out twice takes effect once.
/// A final status does not change by itself. Completed means that no item is left, pending, waiting or in flight.
/// </para>
/// </remarks>
public static partial class WorkflowRunDecider
{
    /// <summary>Most items of a run that are not done.</summary>
    public const int MaxItems = 100_000;

    /// <summary>Most signals that are kept for later.</summary>
    public const int MaxSignals = 1_000;

    /// <summary>Most ids of signals that are remembered; an older one counts as new.</summary>
    public const int MaxSignalIds = 1_000;

    /// <summary>Most failed attempts that the state keeps; the history has all.</summary>
    public const int MaxErrors = 100;

    /// <summary>Most updates that wait for their answer.</summary>
    public const int MaxOpenUpdates = 100;

    /// <summary>Most answers of updates that are remembered.</summary>
    public const int MaxUpdateResults = 100;

    /// <summary>Most child runs that a run waits for or would cancel.</summary>
    public const int MaxChildren = 10_000;

    /// <summary>Decides a command.</summary>
    /// <param name="state">The run.</param>
    /// <param name="command">What is asked.</param>
    /// <param name="nowUtc">The time.</param>
    /// <remarks>For several commands in one commit, see <see cref="WorkflowRunTurn"/>.</remarks>
    public static WorkflowDecision Decide(WorkflowRunState state, WorkflowCommand command, DateTimeOffset nowUtc)
    {
        ArgumentNullException.ThrowIfNull(state);
        var turn = new WorkflowRunTurn(state);
        var step = turn.Do(command, nowUtc);
        return new(turn.State, step.Answer, turn.Events, step.Item, step.Refused, step.Code);
    }

    /// <summary>The run after one more event.</summary>
    /// <param name="state">The run.</param>
    /// <param name="happened">The event.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.StateCorrupt"/>: the event is none of this run's.</exception>
    public static WorkflowRunState Apply(WorkflowRunState state, WorkflowRunEvent happened)
    {
        ArgumentNullException.ThrowIfNull(happened);
        return ApplyAll(state, [happened]);
    }

    /// <summary>The run after more events.</summary>
    /// <param name="state">The run.</param>
    /// <param name="events">The events, in order.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.StateCorrupt"/>: an event is none of this run's.</exception>
    public static WorkflowRunState ApplyAll(WorkflowRunState state, IEnumerable<WorkflowRunEvent> events)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(events);
        var edit = new RunEdit(state);
        foreach (var happened in events)
        {
            edit.Apply(happened);
        }

        return edit.Finish();
    }

    /// <summary>Id of a child whose order does not say one.</summary>
    internal static string ChildId(string run, long order) => $"{run}.{order}";

    /// <summary>The event that a command leads to, or why it leads to none.</summary>
    internal static Ruling Rule(WorkflowRunState state, WorkflowCommand command, DateTimeOffset nowUtc)
    {
        if (state.Status == WorkflowRunStatus.None && command is not (WorkflowCommand.Start or WorkflowCommand.Take or WorkflowCommand.Tick))
        {
            return Refuse(FlowErrorCode.NotFound, "The run has not begun.");
        }

        return command switch
        {
            WorkflowCommand.Take take => Take(state, take, nowUtc),
            WorkflowCommand.Commit commit => Commit(state, commit, nowUtc),
            WorkflowCommand.Fail fail => Fail(state, fail, nowUtc),
            WorkflowCommand.Lose lose => Lose(state, lose, nowUtc),
            WorkflowCommand.Tick => state.NextDueUtc <= nowUtc ? new WorkflowRunEvent.Ticked { AtUtc = nowUtc } : Ruling.Idle,
            WorkflowCommand.Start start => Start(state, start, nowUtc),
            WorkflowCommand.Signal signal => Signal(state, signal, nowUtc),
            WorkflowCommand.Update update => Update(state, update, nowUtc),
            WorkflowCommand.Fold fold => Fold(state, fold, nowUtc),
            WorkflowCommand.ChildEnded ended => state.Children.TryGetValue(ended.Child, out var child) && (ended.Order == 0 || ended.Order >= child.Order)
                ? new WorkflowRunEvent.ChildFinished(ended.Child, ended.Status, ended.Output, ended.Failure) { AtUtc = nowUtc }
                : Ruling.Duplicate,
            WorkflowCommand.Delivered delivered => state.Owed.ContainsKey(delivered.Order) ? new WorkflowRunEvent.OrderDelivered(delivered.Order) { AtUtc = nowUtc } : Ruling.Duplicate,
            WorkflowCommand.Attach attach => Attach(state, attach, nowUtc),
            WorkflowCommand.Describe describe => Ended(state, "its attributes") ?? Attributes(state, describe.Attributes) ?? new WorkflowRunEvent.Described(describe.Attributes) { AtUtc = nowUtc },
            WorkflowCommand.Migrate migrate => WorkflowMigration.Problem(state, migrate.Plan) is { } problem
                ? Refuse(state.IsFinal && state.Left is null ? FlowErrorCode.AlreadyEnded : FlowErrorCode.BadInput, problem)
                : new WorkflowRunEvent.Migrated(migrate.Plan) { AtUtc = nowUtc },
            _ => Steer(state, command, nowUtc),
        };
    }

    private static Ruling Take(WorkflowRunState state, WorkflowCommand.Take take, DateTimeOffset nowUtc)
    {
        if (state.Status != WorkflowRunStatus.Running || state.Pending.IsEmpty)
        {
            return Ruling.Idle;
        }

        var id = take.Item == 0 ? state.Pending.Min : take.Item;
        return state.Items.TryGetValue(id, out var item) && item.Status == WorkItemStatus.Pending
            ? new WorkflowRunEvent.Leased(id, Math.Max(item.Epoch, take.EpochFloor) + 1, take.Worker, take.Session) { AtUtc = nowUtc }
            : Ruling.Idle;
    }

    private static Ruling Commit(WorkflowRunState state, WorkflowCommand.Commit commit, DateTimeOffset nowUtc)
    {
        if (Fenced(state, commit.Item, commit.Epoch, out var item) is { } stale)
        {
            return stale;
        }

        return OutcomeRules.Problem(state, item, commit.Outcome) is { } problem
            ? Refuse(FlowErrorCode.BadInput, problem)
            : new WorkflowRunEvent.Committed(commit.Item, commit.Epoch, AsOf(nowUtc, commit.Outcome)) { AtUtc = nowUtc };
    }

    /// <summary>The outcome with the time until which it waits.</summary>
    private static StepOutcome AsOf(DateTimeOffset nowUtc, StepOutcome outcome) => outcome.DueIn is { } wait
        ? outcome with { DueUtc = wait < DateTimeOffset.MaxValue - nowUtc ? nowUtc + wait : DateTimeOffset.MaxValue, DueIn = null }
        : outcome;

    private static Ruling Fail(WorkflowRunState state, WorkflowCommand.Fail fail, DateTimeOffset nowUtc)
    {
        if (Fenced(state, fail.Item, fail.Epoch, out var item) is { } stale)
        {
            return stale;
        }

        var policy = (item.Node >= 0 ? state.Workflow.Nodes[item.Node].Retry : null) ?? fail.WorkerRetry ?? state.DefaultRetry;
        DateTimeOffset? retry = !fail.Permanent && policy.ShouldRetry(fail.Kind, item.Attempts) ? nowUtc + policy.BackoffAfter(item.Attempts, fail.Chance) : null;
        return new WorkflowRunEvent.Failed(fail.Item, fail.Epoch, fail.Kind, fail.Message, fail.Code, retry) { AtUtc = nowUtc };
    }

    private static Ruling Lose(WorkflowRunState state, WorkflowCommand.Lose lose, DateTimeOffset nowUtc)
    {
        if (Fenced(state, lose.Item, lose.Epoch, out var item) is { } stale)
        {
            return stale;
        }

        return lose is { Takeover: { } reason, MaxTakeovers: { } most } && item.Takeovers >= most
            ? new WorkflowRunEvent.Failed(
                lose.Item,
                lose.Epoch,
                FailureKinds.Generic,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Its worker was lost {item.Takeovers + 1} times (the last was '{item.Worker}': {reason}); max_takeovers allows {most}. See why the workers end, or raise it."),
                FlowErrorCode.TooManyTakeovers,
                RetryUtc: null) { AtUtc = nowUtc }
            : new WorkflowRunEvent.Lost(lose.Item, lose.Epoch, lose.Takeover is not null) { AtUtc = nowUtc };
    }

    /// <summary>Why a lease does not hold; null when it does.</summary>
    private static Ruling? Fenced(WorkflowRunState state, long id, long epoch, out WorkItem item)
    {
        if (state.IsFinal)
        {
            item = null!;
            return Refuse(FlowErrorCode.AlreadyEnded, $"The run has ended ({state.Status}); item {id} comes too late.");
        }

        return state.Items.TryGetValue(id, out item!) && item.Status == WorkItemStatus.InProgress && item.Epoch == epoch
            ? (Ruling?)null
            : Refuse(FlowErrorCode.LeaseLost, $"Item {id} is not leased under epoch {epoch}{(item is null ? "" : $"; it is {item.Status} under {item.Epoch}")}.");
    }

    private static Ruling? Ended(WorkflowRunState state, string what) =>
        state.IsFinal ? Refuse(FlowErrorCode.AlreadyEnded, $"The run has ended ({state.Status}); {what} comes too late.") : (Ruling?)null;

    private static Ruling? Attributes(WorkflowRunState state, ImmutableArray<KeyValuePair<string, string?>> changes) =>
        RunAttributes.Problem(state.Attributes, changes) is { } problem ? Refuse(FlowErrorCode.BadInput, problem) : (Ruling?)null;

    private static Ruling Refuse(FlowErrorCode code, string why) => new(null, new WorkflowTurnStep(WorkflowAnswer.Refused, Refused: why, Code: code));

    /// <summary>What a command comes to: an event, or an answer without one.</summary>
    internal readonly record struct Ruling(WorkflowRunEvent? Event, WorkflowTurnStep Step)
    {
        public static Ruling Idle => new(null, new WorkflowTurnStep(WorkflowAnswer.Idle));

        public static Ruling Duplicate => new(null, new WorkflowTurnStep(WorkflowAnswer.Duplicate));

        public static implicit operator Ruling(WorkflowRunEvent happened) => new(happened, default);
    }
}
