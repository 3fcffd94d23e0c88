namespace Orleans;

/// <summary>Decides whether a client that could not connect to its cluster tries again.</summary>
public interface IClientConnectionRetryFilter
{
    /// <summary>Decides after a failed attempt; waiting in it delays the next.</summary>
    /// <param name="exception">Why the attempt failed.</param>
    /// <param name="cancellationToken">Cancelled when the start of the client is abandoned.</param>
    /// <returns>True to try again; false to fail the start with <paramref name="exception"/>.</returns>
    Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken);
}

/// <summary>Told that the connection to the cluster is lost.</summary>
/// <param name="sender">The client.</param>
/// <param name="e">Nothing.</param>
public delegate void ConnectionToClusterLostHandler(object sender, EventArgs e);
