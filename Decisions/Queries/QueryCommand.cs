using System.Collections.Immutable;
using OrleansFlow.Errors;

namespace OrleansFlow.Decisions.Queries;

/// <summary>What may happen to a query.</summary>
public abstract record QueryCommand
{
    private QueryCommand()
    {
    }

    /// <summary>Its tasks are dealt out.</summary>
    /// <param name="Stages">Producers before consumers; the last one has one task.</param>
    /// <param name="Workers">Those that can run them.</param>
    /// <param name="DeadlineUtc">When its time is over; null for never.</param>
    public sealed record Place(ImmutableArray<StageShape> Stages, ImmutableArray<QueryWorker> Workers, DateTimeOffset? DeadlineUtc) : QueryCommand;

    /// <summary>Stages that were held get their tasks.</summary>
    /// <param name="Stages">Producers before consumers; none of them reads a stage that stays held.</param>
    public sealed record Release(ImmutableArray<StageRelease> Stages) : QueryCommand;

    /// <summary>An attempt has made all its rows.</summary>
    /// <param name="Task">The task.</param>
    /// <param name="Attempt">Which attempt; others than the newest change nothing.</param>
    public sealed record Finish(QueryTaskId Task, int Attempt) : QueryCommand;

    /// <summary>An attempt has failed.</summary>
    /// <param name="Task">The task.</param>
    /// <param name="Attempt">Which attempt; others than the newest change nothing.</param>
    /// <param name="Code">Why.</param>
    /// <param name="Message">Why.</param>
    public sealed record Fail(QueryTaskId Task, int Attempt, FlowErrorCode Code, string Message) : QueryCommand
    {
        /// <summary>The attempt whose rows could not be read; null: it is its own failure.</summary>
        public (QueryTaskId Task, int Attempt)? Lost { get; init; }
    }

    /// <summary>A worker is gone, with all that it kept.</summary>
    /// <param name="Worker">Its id.</param>
    /// <param name="Reason">How that is known.</param>
    public sealed record LoseWorker(string Worker, string Reason) : QueryCommand;

    /// <summary>These workers can run tasks now; a lost one stays lost.</summary>
    /// <param name="Workers">All of them.</param>
    public sealed record SeeWorkers(ImmutableArray<QueryWorker> Workers) : QueryCommand;

    /// <summary>Rows of the last stage are about to be handed to the client.</summary>
    /// <param name="Attempt">The attempt that made them; refused unless it is the newest.</param>
    public sealed record BeginDelivery(int Attempt) : QueryCommand;

    /// <summary>All rows were handed on.</summary>
    public sealed record Complete : QueryCommand;

    /// <summary>It is to end, whatever it has done.</summary>
    /// <param name="Code"><c>cancelled</c> where somebody wants it so; else the failure.</param>
    /// <param name="Reason">Why.</param>
    public sealed record Abort(FlowErrorCode Code, string Reason) : QueryCommand;

    /// <summary>Time has passed.</summary>
    public sealed record Tick : QueryCommand;
}
