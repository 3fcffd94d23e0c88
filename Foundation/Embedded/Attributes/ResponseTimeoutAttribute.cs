namespace Orleans;

/// <summary>How long a caller of the method, or of the interface's methods, waits for an answer.</summary>
/// <param name="timeout">A text that <see cref="TimeSpan.Parse(string)"/> takes.</param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Interface)]
public sealed class ResponseTimeoutAttribute(string timeout) : Attribute
{
    /// <summary>The time.</summary>
    public TimeSpan? Timeout { get; init; } = TimeSpan.Parse(timeout, System.Globalization.CultureInfo.InvariantCulture);
}
