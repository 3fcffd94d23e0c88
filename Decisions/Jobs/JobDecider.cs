namespace OrleansFlow.Decisions.Jobs;

/// <summary>
/// Decides what becomes of a streaming job: where it runs, when it takes checkpoints, how it stops, and how it comes back after a loss. Pure: the same
/// state, command, rules and time always give the same decision. Every wait has an end.
/// </summary>
public static class JobDecider
{
    /// <summary>Decides.</summary>
    /// <param name="state">The job as it is.</param>
    /// <param name="command">What has happened, or is wanted.</param>
    /// <param name="rules">Bounds.</param>
    /// <param name="nowUtc">The time.</param>
    /// <exception cref="InvalidOperationException">A transition that is not allowed: a fault of this code.</exception>
    public static JobDecision Decide(StreamJob state, JobCommand command, JobRules rules, DateTimeOffset nowUtc)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(rules);
        if (!state.Exists && command is not JobCommand.Submit)
        {
            return new JobDecision(state, [], "There is no such job.");
        }

        var step = new JobStep(state, rules, nowUtc);
        var refused = command switch
        {
            JobCommand.OfGeneration of => step.Hear(of),
            JobCommand.Tick => step.Tick(),
            JobCommand.Reload => step.Reload(),
            JobCommand.Submit submit => step.Submit(submit),
            JobCommand.StopJob stop => step.WantStop(stop.Mode),
            JobCommand.StartAgain start => step.WantStart(start.IgnoreState),
            JobCommand.Restart restart => step.WantRestart(restart.IsForced, restart.IgnoreState),
            JobCommand.Rescale rescale => step.WantScale(rescale.Plan),
            JobCommand.TakeCheckpoint => step.WantCheckpoint(),
            _ => throw new ArgumentException($"Unknown command {command.GetType().Name}.", nameof(command)),
        };
        return refused is null ? step.ToDecision() : new JobDecision(state, [], refused);
    }
}
