using OrleansFlow.Errors;
using OrleansFlow.Workflows.Local;

namespace OrleansFlow.Workflows.Execution;

/// <summary>What a failed attempt is reported as.</summary>
public static class StepFailures
{
    /// <summary>The kind of failure that an exception is, or that caused it.</summary>
    /// <param name="error">What the step threw.</param>
    public static FlowErrorCode CodeOf(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return LocalFailures.CodeOf(error);
    }

    /// <summary>True where another attempt cannot help, whatever the retry policy says.</summary>
    /// <param name="error">What the step threw.</param>
    public static bool IsPermanent(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return LocalFailures.IsPermanent(error);
    }
}
