namespace OrleansFlow.Workflows.Stores.Conformance;

/// <summary>A store under test, empty at first, with a clock that the checks move. Made anew for each check.</summary>
public interface IWorkflowStoreFixture : IAsyncDisposable
{
    /// <summary>The store; another object after <see cref="ReopenAsync"/>.</summary>
    IWorkflowStore Store { get; }

    /// <summary>The store's clock.</summary>
    TimeProvider Time { get; }

    /// <summary>How long the store's leases last; at most 1 min.</summary>
    TimeSpan LeaseDuration { get; }

    /// <summary>Moves the store's clock on.</summary>
    /// <param name="by">By how much; more than zero.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask AdvanceAsync(TimeSpan by, CancellationToken cancellationToken);

    /// <summary>Ends the store and opens it again on what it has kept, as when its process was killed and started anew.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask ReopenAsync(CancellationToken cancellationToken);
}
