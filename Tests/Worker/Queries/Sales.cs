using OrleansFlow.Errors;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Tests.Worker.Queries;

/// <summary>The session builder of <c>docs/worker.md</c>.</summary>
internal static class Sales
{
    public static QueryWorker Worker(string database) => QueryWorker.FromSessionBuilder(async (context, token) =>
    {
        if (!context.Headers.TryGetValue("tenant", out var tenant) || !int.TryParse(tenant, out var number))
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The header 'tenant' is '{tenant}'; send the number of a tenant.");
        }

        await context.AttachAsync(database, "shop", token);
        await context.AddViewAsync("sales", FormattableString.Invariant($"SELECT * FROM shop.sales WHERE tenant = {number}"), token);
    });
}
