namespace OrleansFlow.Workflows.Runs;

/// <summary>How a run that continues as new begins again.</summary>
/// <param name="Input">The start node's input.</param>
/// <param name="Context">The context to begin with; <c>default</c> keeps the one there is.</param>
public sealed record NewRun(Payload Input, Payload Context = default);
