using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Tests.Sql.Stages;

/// <summary>Rows are left out only of the side whose rows a join drops when they find no match.</summary>
public sealed class JoinFiltersTests(SqlTestDatabase database)
{
    [Theory]
    [InlineData("select o_orderkey, c_name from orders join customer on o_custkey = c_custkey", "customer orders")]
    [InlineData("select o_orderkey, c_name from orders left join customer on o_custkey = c_custkey", "customer")]
    [InlineData("select o_orderkey, c_name from orders right join customer on o_custkey = c_custkey", "orders")]
    [InlineData("select o_orderkey, c_name from orders full join customer on o_custkey = c_custkey", "")]
    [InlineData("select c_name from customer where c_custkey in (select o_custkey from orders)", "customer orders")]
    [InlineData("select c_name from customer anti join orders on o_custkey = c_custkey", "orders")]
    [InlineData("select c_name from customer where c_custkey not in (select o_custkey from orders)", "")]
    [InlineData("select o_orderkey, c_name from orders join customer on o_custkey is not distinct from c_custkey", "")]
    [InlineData("select o_orderkey, c_name from orders join customer on o_custkey = c_custkey and random() < 2", "")]
    public async Task Join_LetsRowsBeLeftOut_WhereItDropsThem(string sql, string tables)
    {
        var planned = await database.PlanAsync(sql, TestContext.Current.CancellationToken);
        var plan = StageCutter.Cut(planned, new StageOptions { TaskCountMax = 3, BytesPerTask = 1, BroadcastBytesMax = 0 }, database.RowsOf).ToDistributedPlan();

        var left = plan.Stages.SelectMany(stage => stage.JoinFilters.Select(filter => stage.Inputs.Single(input => input.Name == filter.To).StageId))
            .Select(id => plan.Stages.Single(stage => stage.Id == id).Scans.Single().Table);

        Assert.Equal(tables, string.Join(' ', left.Order(StringComparer.Ordinal)));
    }
}
