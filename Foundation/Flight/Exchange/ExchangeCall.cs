namespace OrleansFlow.Flight.Exchange;

/// <summary>One stream at the listener's side. It ends when its handler returns: well, or with the status of what the handler throws.</summary>
/// <param name="Hello">What the caller asked for.</param>
/// <param name="Stream">Messages both ways; the listener disposes it.</param>
/// <param name="CancellationToken">Fires when the caller went away or cancelled, within a second, or when the listener stops.</param>
public sealed record ExchangeCall(ExchangeHello Hello, ExchangeStream Stream, CancellationToken CancellationToken);
