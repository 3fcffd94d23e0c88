namespace OrleansFlow.Workflows.Stores.Logs;

/// <summary>One commit of a run.</summary>
/// <param name="Line">The run's line after it.</param>
/// <param name="AfterPosition">The position that it was decided on; 0: there was no run.</param>
/// <param name="AfterTip">The commit that it was decided on.</param>
/// <param name="Events">Its events, as <see cref="Runs.WorkflowEventJson"/> writes them.</param>
/// <param name="Snapshot">The state after it, where one is due; else null.</param>
internal sealed record RunAppend(RunLine Line, long AfterPosition, long AfterTip, byte[] Events, byte[]? Snapshot);
