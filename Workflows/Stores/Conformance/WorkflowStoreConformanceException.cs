namespace OrleansFlow.Workflows.Stores.Conformance;

/// <summary>A store does not do what is promised of every store.</summary>
public sealed class WorkflowStoreConformanceException : Exception
{
    /// <summary>Without words.</summary>
    public WorkflowStoreConformanceException()
    {
    }

    /// <summary>Says what was expected and what came.</summary>
    /// <param name="message">In words.</param>
    public WorkflowStoreConformanceException(string message)
        : base(message)
    {
    }

    /// <summary>Says which check failed, and with what.</summary>
    /// <param name="message">In words.</param>
    /// <param name="innerException">What the store threw.</param>
    public WorkflowStoreConformanceException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
