-- Indicators counted again as their descriptions say it, by plain SQL over clean tables as known: a second opinion for
-- tests, and another engine's price for benchmarks. A heading names entity, indicator, window: kind. What is below the
-- indicator's least base is left out. `night` is the as-of date, in_window and in_earlier look back from it.

-- drug amount 90: sum
SELECT item_code, sum(amount) FROM claim_line
WHERE item_type LIKE '1%' AND in_window(charged_at, 90) GROUP BY 1;

-- consumable amount 90: sum
SELECT item_code, sum(amount) FROM claim_line
WHERE item_type LIKE '3%' AND in_window(charged_at, 90) GROUP BY 1;

-- fund fund_amount 90: sum
SELECT region_code || '|' || s.insurance_type, sum(fund_amount)
FROM settlement AS s JOIN encounter USING (encounter_id) WHERE in_window(settled_at, 90) GROUP BY 1;

-- drug amount_growth 30: growth on the window before
SELECT item_code,
       sum(amount) FILTER (WHERE in_window(charged_at, 30)) / sum(amount) FILTER (WHERE in_earlier(charged_at, 30, 30)) - 1
FROM claim_line WHERE item_type LIKE '1%' GROUP BY 1;

-- drug amount_past 30: own past, six windows
WITH spans AS (
    SELECT item_code, ((SELECT day FROM night) - CAST(charged_at AS DATE)) // 30 AS back, sum(amount) AS value
    FROM claim_line WHERE item_type LIKE '1%' AND in_window(charged_at, 210) GROUP BY 1, 2),
middle AS (SELECT item_code, median(value) AS usual FROM spans WHERE back > 0 GROUP BY 1 HAVING count(*) >= 3),
spread AS (
    SELECT item_code, 1.4826 * median(abs(value - usual)) AS mad
    FROM spans JOIN middle USING (item_code) WHERE back > 0 GROUP BY 1)
SELECT item_code, (value - usual) / mad
FROM spans JOIN middle USING (item_code) JOIN spread USING (item_code) WHERE back = 0;

-- drug amount_peers_ratio 90: over the peers' median
WITH own AS (
    SELECT item_code, sum(amount) AS value FROM claim_line
    WHERE item_type LIKE '1%' AND in_window(charged_at, 90) GROUP BY 1)
SELECT item_code, value / (SELECT median(value) FROM own) FROM own;

-- drug new_user_share 90: first times
WITH firsts AS (
    SELECT item_code, patient_id, min(charged_at) AS first_at FROM claim_line
    WHERE item_type LIKE '1%' AND in_window(charged_at, 90) GROUP BY 1, 2),
earlier AS (
    SELECT DISTINCT f.item_code, f.patient_id FROM firsts AS f
    JOIN claim_line AS l ON l.item_code = f.item_code AND l.patient_id = f.patient_id AND l.charged_at < first_at
    AND CAST(first_at AS DATE) - CAST(l.charged_at AS DATE) <= 365)
SELECT f.item_code, avg(CASE WHEN e.patient_id IS NULL THEN 1 ELSE 0 END)
FROM firsts AS f LEFT JOIN earlier AS e ON e.item_code = f.item_code AND e.patient_id = f.patient_id
GROUP BY 1 HAVING count(*) >= 10;

-- drug institution_concentration 365: concentration
WITH used AS (
    SELECT item_code FROM claim_line WHERE item_type LIKE '1%' AND in_window(charged_at, 365)
    GROUP BY 1 HAVING count(DISTINCT patient_id) >= 10),
shares AS (
    SELECT item_code, institution_id, sum(amount) AS there FROM claim_line JOIN used USING (item_code)
    WHERE in_window(charged_at, 365) GROUP BY 1, 2)
SELECT item_code, sum(there * there) / (sum(there) * sum(there)) FROM shares GROUP BY 1;

-- doctor patient_concentration 365: concentration
WITH seen AS (
    SELECT ordering_doctor_id, patient_id, count(DISTINCT CAST(charged_at AS DATE)) AS n FROM claim_line
    WHERE ordering_doctor_id IS NOT NULL AND in_window(charged_at, 365) GROUP BY 1, 2)
SELECT ordering_doctor_id, sum(n * n) / (sum(n) * sum(n)) FROM seen GROUP BY 1 HAVING count(*) >= 10;

-- drug night_share 365: night
SELECT item_code, avg(CASE WHEN hour(charged_at) >= 22 OR hour(charged_at) < 6 THEN 1 ELSE 0 END)
FROM claim_line AS l JOIN encounter AS e USING (encounter_id)
WHERE item_type LIKE '1%' AND NOT is_inpatient AND NOT coalesce(l.visit_type LIKE '13%', FALSE)
    AND in_window(charged_at, 365) GROUP BY 1 HAVING count(*) >= 20;

-- item weekend_share 365: weekend
SELECT item_code, avg(CASE WHEN isodow(charged_at) >= 6 THEN 1 ELSE 0 END) FROM claim_line
WHERE item_type LIKE '2%' AND in_window(charged_at, 365) GROUP BY 1 HAVING count(*) >= 20;

-- performing_staff holiday_share 365: holiday
SELECT performing_doctor_id, avg(CASE WHEN CAST(charged_at AS DATE) IN (SELECT day FROM holiday) THEN 1 ELSE 0 END)
FROM claim_line WHERE in_window(charged_at, 365) GROUP BY 1 HAVING count(*) >= 100;

-- item person_count 90: distinct things
SELECT item_code, count(DISTINCT patient_id) FROM claim_line
WHERE item_type LIKE '2%' AND in_window(charged_at, 90) GROUP BY 1;

-- doctor_item person_count 90: distinct things
SELECT ordering_doctor_id || '|' || item_code, count(DISTINCT patient_id) FROM claim_line
WHERE in_window(charged_at, 90) GROUP BY 1;

-- department drug_share 90: ratio
SELECT institution_id || '|' || ordering_department,
       coalesce(sum(amount) FILTER (WHERE charge_class IN ('09', '10', '11')), 0) / sum(amount)
FROM claim_line WHERE charge_class IS NOT NULL AND ordering_department IS NOT NULL AND in_window(charged_at, 90)
GROUP BY 1 HAVING sum(amount) >= 1000;

-- region inpatient_share 365: share
SELECT region_code, sum(fund_amount) FILTER (WHERE is_inpatient) / sum(fund_amount)
FROM settlement AS s JOIN encounter USING (encounter_id)
WHERE s.visit_type IS NOT NULL AND in_window(settled_at, 365) GROUP BY 1 HAVING sum(fund_amount) >= 100000;

-- institution_item first_doctor_share 365: share of the greatest
WITH ordered AS (
    SELECT institution_id || '|' || item_code AS id, ordering_doctor_id, sum(amount) AS there, count(*) AS n
    FROM claim_line WHERE quantity > 0 AND ordering_doctor_id IS NOT NULL AND in_window(charged_at, 365) GROUP BY 1, 2)
SELECT id, max(there) / sum(there) FROM ordered GROUP BY 1 HAVING sum(n) >= 20 AND count(*) >= 2;

-- payment_group first_hospital_share 365: share of the greatest
WITH cases AS (
    SELECT group_code, institution_id, count(*) AS n FROM case_group JOIN settlement USING (settlement_id)
    WHERE institution_id IS NOT NULL AND in_window(settled_at, 365) GROUP BY 1, 2)
SELECT group_code, max(n) / sum(n) FROM cases GROUP BY 1 HAVING sum(n) >= 20 AND count(*) >= 3;

-- patient doctor_entropy 365: entropy
WITH days AS (
    SELECT patient_id, ordering_doctor_id, count(DISTINCT CAST(charged_at AS DATE)) AS n FROM claim_line
    WHERE ordering_doctor_id IS NOT NULL AND in_window(charged_at, 365) GROUP BY 1, 2),
parts AS (SELECT patient_id, n / sum(n) OVER (PARTITION BY patient_id) AS part FROM days)
SELECT patient_id, -sum(part * log2(part)) FROM parts GROUP BY 1 HAVING count(*) >= 2;

-- pharmacy longest_run_of_days 365: run
WITH days AS (
    SELECT DISTINCT institution_id, CAST(settled_at AS DATE) AS day
    FROM settlement JOIN institution USING (institution_id)
    WHERE institution_type = 'pharmacy' AND in_window(settled_at, 365)),
runs AS (
    SELECT institution_id, day - CAST(row_number() OVER (PARTITION BY institution_id ORDER BY day) AS INTEGER) AS run
    FROM days),
lengths AS (SELECT institution_id, run, count(*) AS n FROM runs GROUP BY 1, 2)
SELECT institution_id, max(n) FROM lengths GROUP BY 1 HAVING sum(n) >= 20;

-- institution day_variation 365: regularity
WITH days AS (
    SELECT institution_id, CAST(settled_at AS DATE) AS day, count(*) AS n FROM settlement
    WHERE in_window(settled_at, 365) GROUP BY 1, 2)
SELECT institution_id, stddev_samp(n) / avg(n) FROM days GROUP BY 1 HAVING count(*) >= 20;

-- institution return_share 365: readmission, wherever the stay before was
WITH stays AS (
    SELECT institution_id, started_at, lag(ended_at) OVER one AS ended_before, lag(institution_id) OVER one AS before
    FROM encounter WHERE is_inpatient WINDOW one AS (PARTITION BY patient_id ORDER BY started_at, encounter_id))
SELECT institution_id, avg(CASE WHEN before = institution_id
    AND CAST(started_at AS DATE) - CAST(ended_before AS DATE) BETWEEN 0 AND 15 THEN 1 ELSE 0 END)
FROM stays WHERE in_window(started_at, 365) GROUP BY 1 HAVING count(*) >= 20;

-- institution stay_cost_index 365: observed over expected, drawn towards 1
WITH stays AS (
    SELECT s.institution_id, total_amount AS cost,
           upper(left(main_diagnosis_code, 3)) || '|' || least((year(settled_at) - birth_year) // 10, 9) || '|' || sex
           || '|' || institution_level || '|' || s.insurance_type AS stratum
    FROM settlement AS s JOIN encounter AS e USING (encounter_id) JOIN patient AS p ON p.patient_id = s.patient_id
    JOIN institution AS i ON i.institution_id = s.institution_id
    WHERE e.is_inpatient AND in_window(settled_at, 365)),
usual AS (
    SELECT stratum, avg(cost) AS mean, var_samp(cost) AS spread FROM stays
    WHERE stratum IS NOT NULL GROUP BY 1 HAVING count(*) >= 5),
own AS (
    SELECT institution_id, sum(mean) AS expected, sum(cost) / sum(mean) AS ratio,
           sum(spread) / (sum(mean) * sum(mean)) AS chance, count(*) AS n
    FROM stays JOIN usual USING (stratum) GROUP BY 1),
beyond AS (
    SELECT greatest(sum(expected * ((ratio - 1) * (ratio - 1) - chance)) / sum(expected), 0) AS tau FROM own)
SELECT institution_id, 1 + (ratio - 1) * tau / (tau + chance) FROM own, beyond WHERE n >= 10;

-- trace_code changes_of_place 365: order in time
WITH scans AS (
    SELECT trace_code, scanned_at, institution_id, lag(institution_id) OVER one AS before, lag(scanned_at) OVER one AS at_before
    FROM trace_scan WINDOW one AS (PARTITION BY trace_code ORDER BY scanned_at))
SELECT trace_code, count(*) FILTER (WHERE before <> institution_id AND CAST(scanned_at AS DATE) - CAST(at_before AS DATE) <= 365)
FROM scans WHERE in_window(scanned_at, 365) GROUP BY 1;

-- chronic_disease registered_count 30: in force on the last day
SELECT disease_code, count(DISTINCT patient_id) FROM chronic_registration
WHERE started_on <= (SELECT day FROM night) AND (ended_on IS NULL OR ended_on >= (SELECT day FROM night)) GROUP BY 1;

-- stock_item turnover 365: ratio
SELECT institution_id || '|' || item_code,
       sum(-quantity) FILTER (WHERE movement_type = 'sale') / avg(stock_after)
FROM stock_movement WHERE in_window(moved_on, 365) GROUP BY 1 HAVING count(*) >= 5;

-- disease amount_per_patient 365: mean of groups
WITH paid AS (
    SELECT upper(left(main_diagnosis_code, 3)) AS id, s.patient_id, sum(total_amount) AS total,
           count(DISTINCT encounter_id) AS n
    FROM settlement AS s JOIN encounter USING (encounter_id) WHERE in_window(settled_at, 365) GROUP BY 1, 2)
SELECT id, avg(total) FROM paid GROUP BY 1 HAVING sum(n) >= 20;
