namespace OrleansFlow.Streaming.Udfs.Python;

/// <summary>A process of Python ended, or was ended because it took too long. Another one may do better.</summary>
/// <param name="message">What happened.</param>
/// <param name="inner">Why it is known; null for nothing more.</param>
internal sealed class PythonEndedException(string message, Exception? inner = null) : Exception(message, inner);
