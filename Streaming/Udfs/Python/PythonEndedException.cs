namespace OrleansFlow.Streaming.Udfs.Python;

/// <summary>A process of Python ended, or was ended because it took too long. Another one may do better.</summary>
/// <param name="message">What happened.</param>
internal sealed class PythonEndedException(string message) : Exception(message);
