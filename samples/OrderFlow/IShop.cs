namespace OrleansFlow.Samples.OrderFlow;

/// <summary>The world outside: stock, payments, carriers, mail. Everything it does it does once for each order and effect, however often it is asked.</summary>
internal interface IShop
{
    /// <summary>Does something for an order.</summary>
    /// <param name="order">The order's id.</param>
    /// <param name="effect">What is done.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidOperationException">It cannot be done.</exception>
    Task DoAsync(string order, string effect, CancellationToken cancellationToken);
}
