namespace OrleansFlow.Workflows.Stores.Conformance;

/// <summary>Checks that a store does what <see cref="IWorkflowStore"/> promises. For tests of users' own stores, with any test framework.</summary>
/// <remarks>
/// Make one test for each of <see cref="Checks"/>: make a fresh store, run the check, dispose it. A check moves the store's clock and needs no real time.
/// </remarks>
public static class WorkflowStoreConformance
{
    /// <summary>All checks.</summary>
    public static IReadOnlyList<WorkflowStoreCheck> Checks { get; } =
        [.. StartChecks.All, .. TakeChecks.All, .. StepChecks.All, .. FailureChecks.All, .. LeaseChecks.All, .. SteeringChecks.All, .. OutsideChecks.All, .. WaitChecks.All, .. ViewChecks.All, .. ReopenChecks.All];

    /// <summary>The check of a name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static WorkflowStoreCheck Find(string name) =>
        Checks.FirstOrDefault(check => check.Name == name) ?? throw new ArgumentException($"There is no check '{name}'.", nameof(name));

    internal static IReadOnlyList<WorkflowStoreCheck> ListOf(params Func<StoreScript, Task>[] checks) => [.. checks.Select(check => new WorkflowStoreCheck(check.Method.Name, check))];
}
