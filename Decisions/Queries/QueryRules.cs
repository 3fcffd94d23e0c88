namespace OrleansFlow.Decisions.Queries;

/// <summary>Bounds of one query.</summary>
/// <param name="AttemptsMax">Attempts of a task at most, from 1.</param>
/// <param name="LossGrace">How long it is waited for a task's own word after another one could not read its rows.</param>
public readonly record struct QueryRules(int AttemptsMax, TimeSpan LossGrace)
{
    /// <summary>When copies of slow tasks start; null: never.</summary>
    public SpeculationRules? Speculation { get; init; }
}

/// <summary>When a copy of a slow task starts.</summary>
/// <param name="Share">Share of the stage's tasks that must have finished, above 0 to 1; at least one must in any case.</param>
/// <param name="Factor">How many times longer than the middle one of these it must have run, from 1.</param>
/// <param name="After">How long it must have run in any case.</param>
/// <param name="CopiesMax">Copies of one query that run at the same time, from 1.</param>
public readonly record struct SpeculationRules(double Share, double Factor, TimeSpan After, int CopiesMax);
