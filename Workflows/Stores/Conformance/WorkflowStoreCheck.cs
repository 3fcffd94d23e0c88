namespace OrleansFlow.Workflows.Stores.Conformance;

/// <summary>One thing that every store must do.</summary>
public sealed class WorkflowStoreCheck
{
    private readonly Func<StoreScript, Task> _run;

    internal WorkflowStoreCheck(string name, Func<StoreScript, Task> run) => (Name, _run) = (name, run);

    /// <summary>Names the wanted behaviour.</summary>
    public string Name { get; }

    /// <summary>Runs the check.</summary>
    /// <param name="fixture">A store that was just made, and nobody else uses.</param>
    /// <param name="cancellationToken">Ends a check that hangs because what it waits for never comes: let it fire after some seconds.</param>
    /// <exception cref="WorkflowStoreConformanceException">The store does something else: the message says what was expected and what came.</exception>
    public async Task RunAsync(IWorkflowStoreFixture fixture, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(fixture);
        try
        {
            await _run(new StoreScript(fixture, cancellationToken)).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (cancellationToken.IsCancellationRequested)
        {
            throw new WorkflowStoreConformanceException($"{Name}: what was waited for did not come in time.", error);
        }
        catch (Exception error) when (error is not WorkflowStoreConformanceException)
        {
            throw new WorkflowStoreConformanceException($"{Name}: the store threw {error.GetType().Name}: {error.Message}", error);
        }
        catch (WorkflowStoreConformanceException error)
        {
            throw new WorkflowStoreConformanceException($"{Name}: {error.Message}", error);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
