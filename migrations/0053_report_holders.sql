-- What each holder of a resolved conversation had in all, so that reports by agent, tier and inbox need not add up the points of
-- each conversation: in one of the points of the holder, null in the others. spent is the whole time, waited that of the point's detail.
alter table report_points
    add agent_spent float8, add agent_spent_business float8, add agent_waited float8, add agent_waited_business float8,
    add tier_spent  float8, add tier_spent_business  float8, add tier_waited  float8, add tier_waited_business  float8,
    add inbox_spent float8, add inbox_spent_business float8, add inbox_waited float8, add inbox_waited_business float8;

with h as (
    select ctid as row,
           row_number() over a = 1 as agent, sum(value) over a as agent_value, sum(business) over a as agent_business,
           row_number() over aw = 1 as agent_w, sum(value) over aw as agent_w_value, sum(business) over aw as agent_w_business,
           row_number() over t = 1 as tier, sum(value) over t as tier_value, sum(business) over t as tier_business,
           row_number() over tw = 1 as tier_w, sum(value) over tw as tier_w_value, sum(business) over tw as tier_w_business,
           row_number() over i = 1 as inbox, sum(value) over i as inbox_value, sum(business) over i as inbox_business,
           row_number() over iw = 1 as inbox_w, sum(value) over iw as inbox_w_value, sum(business) over iw as inbox_w_business
    from report_held
    window a as (partition by conversation_id, agent_id), aw as (partition by conversation_id, agent_id, detail),
           t as (partition by conversation_id, tier), tw as (partition by conversation_id, tier, detail),
           i as (partition by conversation_id, inbox_id), iw as (partition by conversation_id, inbox_id, detail)
)
update report_held p set
    agent_spent = case when h.agent then h.agent_value end, agent_spent_business = case when h.agent then h.agent_business end,
    agent_waited = case when h.agent_w then h.agent_w_value end, agent_waited_business = case when h.agent_w then h.agent_w_business end,
    tier_spent = case when h.tier then h.tier_value end, tier_spent_business = case when h.tier then h.tier_business end,
    tier_waited = case when h.tier_w then h.tier_w_value end, tier_waited_business = case when h.tier_w then h.tier_w_business end,
    inbox_spent = case when h.inbox then h.inbox_value end, inbox_spent_business = case when h.inbox then h.inbox_business end,
    inbox_waited = case when h.inbox_w then h.inbox_w_value end, inbox_waited_business = case when h.inbox_w then h.inbox_w_business end
from h where p.ctid = h.row;
