namespace OrleansFlow.Streaming.Udfs.Python;

/// <summary>A function of Python.</summary>
/// <param name="Signature">The function.</param>
/// <param name="Content">Its source.</param>
internal sealed record PythonSource(FunctionSignature Signature, byte[] Content);
