namespace OrleansFlow.Decisions.Queries;

/// <summary>Bounds of one query.</summary>
/// <param name="AttemptsMax">Attempts of a task at most, from 1.</param>
/// <param name="LossGrace">How long it is waited for a task's own word after another one could not read its rows.</param>
public readonly record struct QueryRules(int AttemptsMax, TimeSpan LossGrace);
