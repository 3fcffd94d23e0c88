namespace OrleansFlow.Decisions.Jobs;

/// <summary>Where a subtask runs.</summary>
/// <param name="Subtask">Which one.</param>
/// <param name="Worker">Id of the worker.</param>
public readonly record struct SubtaskPlacement(SubtaskKey Subtask, string Worker);
