namespace OrleansFlow.Tests.Workflows.Nodes;

/// <inheritdoc/>
public sealed class DurableTimerNodeTests : TimerNodeTests
{
    protected override bool IsDurable => true;
}

/// <inheritdoc/>
public sealed class DurableEventNodeTests : EventNodeTests
{
    protected override bool IsDurable => true;
}

/// <inheritdoc/>
public sealed class DurableWatchNodeTests : WatchNodeTests
{
    protected override bool IsDurable => true;
}

/// <inheritdoc/>
public sealed class DurableLongRunningNodeTests : LongRunningNodeTests
{
    protected override bool IsDurable => true;
}

/// <inheritdoc/>
public sealed class DurablePhaseNodeTests : PhaseNodeTests
{
    protected override bool IsDurable => true;
}

/// <inheritdoc/>
public sealed class DurableRetryNodeTests : RetryNodeTests
{
    protected override bool IsDurable => true;
}

/// <inheritdoc/>
public sealed class DurableServiceNodeTests : ServiceNodeTests
{
    protected override bool IsDurable => true;
}

/// <inheritdoc/>
public sealed class DurableChildRunTests : ChildRunTests
{
    protected override bool IsDurable => true;
}
