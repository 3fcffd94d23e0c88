using OrleansFlow.Queries;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>What one query is.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Token">The right to run and read it at workers.</param>
/// <param name="Grain">Who decides about it.</param>
/// <param name="Plans">Its tasks.</param>
/// <param name="Steps">Its stages.</param>
/// <param name="Names">Names of the result's columns.</param>
/// <param name="TimeLimit">From its placement on.</param>
internal sealed record QueryContext(string Id, string Token, IQueryGrain Grain, TaskPlans Plans, QuerySteps Steps, IReadOnlyList<string> Names, TimeSpan TimeLimit)
{
    /// <summary>Hears what its tasks do.</summary>
    public required QueryMeter Meter { get; init; }
}

/// <summary>How long a query waits for what.</summary>
/// <param name="CheckInterval">How often it is looked after while nothing happens.</param>
/// <param name="SilenceMax">How long a worker with unfinished tasks may say nothing.</param>
internal sealed record QueryPatience(TimeSpan CheckInterval, TimeSpan SilenceMax);
