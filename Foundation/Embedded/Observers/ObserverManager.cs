using System.Collections;
using Microsoft.Extensions.Logging;
using Orleans.Embedded;

namespace Orleans.Utilities;

/// <summary>Keeps observers by their own references.</summary>
/// <typeparam name="TObserver">The observer.</typeparam>
public class ObserverManager<TObserver> : ObserverManager<IAddressable, TObserver>
{
    /// <summary>Creates an empty manager.</summary>
    /// <param name="expiration">How long an observer stays without subscribing again.</param>
    /// <param name="log">Where changes are told.</param>
    public ObserverManager(TimeSpan expiration, ILogger log)
        : base(expiration, log)
    {
    }
}

/// <summary>Keeps observers that a grain notifies. Whoever does not subscribe again in time, or fails when it is notified, is removed.</summary>
/// <remarks>For use in the turns of one grain; it is not safe for several threads.</remarks>
/// <typeparam name="TIdentity">What tells observers apart.</typeparam>
/// <typeparam name="TObserver">The observer.</typeparam>
public partial class ObserverManager<TIdentity, TObserver> : IEnumerable<TObserver>
    where TIdentity : notnull
{
    private readonly ILogger _log;

    // Kept in order of subscription, so that notifications are repeatable.
    private readonly List<TIdentity> _order = [];
    private readonly Dictionary<TIdentity, Entry> _entries = [];

    /// <summary>Creates an empty manager.</summary>
    /// <param name="expiration">How long an observer stays without subscribing again.</param>
    /// <param name="log">Where changes are told.</param>
    public ObserverManager(TimeSpan expiration, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(log);
        ExpirationDuration = expiration;
        _log = log;
    }

    /// <summary>Tells the time for expiry.</summary>
    /// <value>Default: UTC by the clock of the silo whose grain asks.</value>
    public Func<DateTime> GetDateTime { get; set; } =
        static () => (GrainExecution.Current?.Silo.TimeProvider ?? TimeProvider.System).GetUtcNow().UtcDateTime;

    /// <summary>How long an observer stays without subscribing again. Expired ones are removed when others are notified.</summary>
    public TimeSpan ExpirationDuration { get; set; }

    /// <summary>How many observers there are, expired ones included until they are removed.</summary>
    public int Count => _entries.Count;

    /// <summary>A copy of the observers.</summary>
    public IReadOnlyDictionary<TIdentity, TObserver> Observers => _entries.ToDictionary(static entry => entry.Key, static entry => entry.Value.Observer);

    /// <summary>Removes all observers.</summary>
    public void Clear()
    {
        _entries.Clear();
        _order.Clear();
    }

    /// <summary>Adds an observer, or keeps a known one for another <see cref="ExpirationDuration"/> and takes its newer reference.</summary>
    /// <param name="id">What tells it apart.</param>
    /// <param name="observer">The observer.</param>
    public void Subscribe(TIdentity id, TObserver observer)
    {
        if (_entries.TryGetValue(id, out var known))
        {
            known.Observer = observer;
            known.LastSeen = GetDateTime();
            return;
        }

        _entries[id] = new Entry { Observer = observer, LastSeen = GetDateTime() };
        _order.Add(id);
        LogAdded(_log, id, _entries.Count);
    }

    /// <summary>Removes an observer; does nothing when there is none.</summary>
    /// <param name="id">What tells it apart.</param>
    public void Unsubscribe(TIdentity id)
    {
        if (Remove(id))
        {
            LogRemoved(_log, id, _entries.Count);
        }
    }

    /// <summary>Notifies the observers one after the other; who fails is removed.</summary>
    /// <param name="notification">Called with each observer.</param>
    /// <param name="predicate">Which observers; null takes all.</param>
    /// <returns>A task that ends after the last.</returns>
    public async Task Notify(Func<TObserver, Task> notification, Func<TObserver, bool>? predicate = null)
    {
        ArgumentNullException.ThrowIfNull(notification);
        foreach (var (id, observer) in Living())
        {
            if (predicate is not null && !predicate(observer))
            {
                continue;
            }

            try
            {
                await notification(observer);
            }
            catch (Exception exception)
            {
                RemoveDefunct(id, exception);
            }
        }
    }

    /// <summary>Notifies the observers one after the other; who fails is removed.</summary>
    /// <param name="notification">Called with each observer.</param>
    /// <param name="predicate">Which observers; null takes all.</param>
    public void Notify(Action<TObserver> notification, Func<TObserver, bool>? predicate = null)
    {
        ArgumentNullException.ThrowIfNull(notification);
        foreach (var (id, observer) in Living())
        {
            if (predicate is not null && !predicate(observer))
            {
                continue;
            }

            try
            {
                notification(observer);
            }
            catch (Exception exception)
            {
                RemoveDefunct(id, exception);
            }
        }
    }

    /// <summary>Removes the observers that did not subscribe again in time.</summary>
    public void ClearExpired() => Living();

    /// <summary>The observers, expired ones included until they are removed.</summary>
    /// <returns>The observers, in the order they subscribed.</returns>
    public IEnumerator<TObserver> GetEnumerator() => _order.Select(id => _entries[id].Observer).ToList().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // A copy, because observers come and go while a notification is awaited.
    private List<(TIdentity Id, TObserver Observer)> Living()
    {
        var living = new List<(TIdentity, TObserver)>(_order.Count);
        var now = GetDateTime();
        foreach (var id in _order.ToList())
        {
            var entry = _entries[id];
            if (entry.LastSeen + ExpirationDuration < now)
            {
                Remove(id);
                LogExpired(_log, id, _entries.Count);
            }
            else
            {
                living.Add((id, entry.Observer));
            }
        }

        return living;
    }

    private void RemoveDefunct(TIdentity id, Exception exception)
    {
        if (Remove(id))
        {
            LogDefunct(_log, id, _entries.Count, exception);
        }
    }

    private bool Remove(TIdentity id) => _entries.Remove(id) && _order.Remove(id);

    [LoggerMessage(EventId = 6143, Level = LogLevel.Debug, Message = "Observer {Observer} was added; there are {ObserverCount}")]
    private static partial void LogAdded(ILogger logger, TIdentity observer, int observerCount);

    [LoggerMessage(EventId = 6144, Level = LogLevel.Debug, Message = "Observer {Observer} was removed; there are {ObserverCount}")]
    private static partial void LogRemoved(ILogger logger, TIdentity observer, int observerCount);

    [LoggerMessage(EventId = 6145, Level = LogLevel.Information, Message = "Observer {Observer} did not renew in time and was removed; there are {ObserverCount}")]
    private static partial void LogExpired(ILogger logger, TIdentity observer, int observerCount);

    [LoggerMessage(EventId = 6146, Level = LogLevel.Warning, Message = "Observer {Observer} failed and was removed; there are {ObserverCount}")]
    private static partial void LogDefunct(ILogger logger, TIdentity observer, int observerCount, Exception exception);

    private sealed class Entry
    {
        public required TObserver Observer { get; set; }

        public DateTime LastSeen { get; set; }
    }
}
