namespace OrleansFlow.Flight;

/// <summary>An action that a server offers.</summary>
/// <param name="Type">What to send as <see cref="FlightAction.Type"/>.</param>
/// <param name="Description">What it does, for people.</param>
public sealed record FlightActionType(string Type, string Description);
