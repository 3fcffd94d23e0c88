namespace OrleansFlow.Tests.Worker.Docs;

/// <summary>What the examples of <c>docs/workers.md</c> call outside.</summary>
public interface IOrders
{
    /// <summary>Some orders after one, by id; none at the end.</summary>
    Task<IReadOnlyList<Order>> ReadPageAsync(long after, int count, CancellationToken cancellationToken);

    /// <summary>Books an order; the same key books it once.</summary>
    Task BookAsync(string key, Order order, CancellationToken cancellationToken);
}

/// <summary>An order of the examples.</summary>
public sealed record Order(long Id, double Price);
