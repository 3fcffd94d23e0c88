namespace Orleans.Runtime;

/// <summary>Knows the activation whose turn is running on this thread.</summary>
public interface IGrainContextAccessor
{
    /// <summary>The activation; null outside grain code.</summary>
    IGrainContext GrainContext { get; }
}
