namespace OrleansFlow.Workflows.Local;

/// <summary>What a completed local run leaves.</summary>
/// <typeparam name="TOut">The run's output.</typeparam>
/// <typeparam name="TContext">What its steps shared.</typeparam>
/// <param name="Output">The first or last output, as the workflow's rule says; with a list, its last one.</param>
/// <param name="Outputs">All outputs in their order where the rule is a list; otherwise the one.</param>
/// <param name="Context">The context after the last step.</param>
/// <param name="StepCount">How many steps ran; attempts of one step count once.</param>
public sealed record WorkflowResult<TOut, TContext>(TOut Output, IReadOnlyList<TOut> Outputs, TContext Context, long StepCount);
