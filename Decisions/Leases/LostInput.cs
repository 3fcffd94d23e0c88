namespace OrleansFlow.Decisions.Leases;

/// <summary>An accepted batch of a parent that a task could not read any more.</summary>
/// <param name="Node">Id of the parent.</param>
/// <param name="Task">Position of the task that made it.</param>
/// <param name="Index">Number of the batch within that task.</param>
/// <param name="Path">The file that is gone: one that was made again meanwhile has another.</param>
public readonly record struct LostInput(string Node, int Task, int Index, string Path);
