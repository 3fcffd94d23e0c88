namespace OrleansFlow.Flight;

/// <summary>An action of the server's own.</summary>
/// <param name="Type">Which action.</param>
/// <param name="Body">Its argument; what it means is the server's affair.</param>
public sealed record FlightAction(string Type, ReadOnlyMemory<byte> Body = default);
