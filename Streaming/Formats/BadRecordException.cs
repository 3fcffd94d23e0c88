namespace OrleansFlow.Streaming.Formats;

/// <summary>A record cannot be read. The message says what is wrong with it, and is the end of a longer one that says where it is.</summary>
/// <param name="message">Begins in lower case.</param>
public sealed class BadRecordException(string message) : Exception(message);
